import Logging
import NIOCore

/// Says in the log that the collector cannot be reached, and that it can again: once, and then at growing
/// intervals, since a training run may go on for days without one.
struct LinkReport {
    private let endpoint: Endpoint
    private let logger: Logger
    private let now: () -> NIODeadline
    private var failures = 0
    private var nextReport: NIODeadline?
    private var interval = LinkReport.firstInterval

    static let firstInterval = TimeAmount.seconds(60)
    static let longestInterval = TimeAmount.hours(6)

    init(endpoint: Endpoint, logger: Logger, now: @escaping () -> NIODeadline = { .now() }) {
        self.endpoint = endpoint
        self.logger = logger
        self.now = now
    }

    /// The collector could not be reached, or said not now.
    mutating func failed(_ reason: String) {
        failures += 1
        let now = now()
        if let nextReport, now < nextReport { return }
        logger.warning(
            "the collector takes no records; they are kept on disk and sent when it does",
            metadata: ["endpoint": "\(endpoint)", "reason": "\(reason)", "failures": "\(failures)"])
        if nextReport != nil { interval = min(interval * 2, Self.longestInterval) }
        nextReport = now + interval
    }

    /// The collector committed something.
    mutating func worked() {
        guard nextReport != nil else { return }
        logger.info("the collector takes records again", metadata: ["endpoint": "\(endpoint)"])
        (failures, nextReport, interval) = (0, nil, Self.firstInterval)
    }
}
