import NIOCore

/// Says now and then that a run's process lives.
struct Heartbeat {
    private let interval: TimeAmount
    private let record: @Sendable () -> Void
    private var next: NIODeadline

    init(interval: TimeAmount, record: @escaping @Sendable () -> Void) {
        self.interval = interval
        self.record = record
        // The run's start was a sign of life as well.
        next = .now() + interval
    }

    /// Records one if it is time.
    mutating func beat() {
        let now = NIODeadline.now()
        guard now >= next else { return }
        record()
        next = now + interval
    }
}
