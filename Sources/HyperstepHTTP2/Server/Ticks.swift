internal import NIOCore

/// Timeouts counted in ticks of one timer for each connection, so that a byte's arrival costs no clock and no
/// timer: it sets a counter to zero. A timeout is late by at most one tick.
struct Ticks {
    /// The time between two ticks.
    let interval: TimeAmount

    /// A tick is a quarter of the shortest timeout, between 10 ms and 1 s.
    init(for timeouts: [TimeAmount]) {
        let shortest = timeouts.map(\.nanoseconds).min() ?? 0
        interval = .nanoseconds(max(10_000_000, min(1_000_000_000, shortest / 4)))
    }

    /// How many ticks must pass before this much time certainly has.
    func count(of timeout: TimeAmount) -> Int {
        Int((timeout.nanoseconds + interval.nanoseconds - 1) / interval.nanoseconds)
    }

    var seconds: Double { Double(interval.nanoseconds) / 1e9 }
}
