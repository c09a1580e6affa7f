import NIOCore

/// Says now and then that a run's process lives.
struct Heartbeat {
    private let interval: TimeAmount
    private weak var run: (any ShippedRun)?
    private var next: NIODeadline

    init(interval: TimeAmount, run: any ShippedRun) {
        self.interval = interval
        self.run = run
        // The run's start was a sign of life as well.
        next = .now() + interval
    }

    /// Records one if it is time.
    mutating func beat() {
        let now = NIODeadline.now()
        guard now >= next else { return }
        run?.recordHeartbeat()
        next = now + interval
    }

    /// Has the next one come at the next look: there is something that the collector has to be asked about.
    mutating func hurry() { next = .now() }
}
