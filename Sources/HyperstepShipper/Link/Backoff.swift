/// How long to wait between attempts that fail: doubling, bounded, and spread at random so that a thousand
/// producers do not return to a restarted collector in the same instant ("full jitter", but never under half
/// of the bound, so that a first retry is not immediate).
struct Backoff {
    /// The first wait's bound.
    static let initial = Duration.milliseconds(200)
    /// No wait is longer.
    static let maximum = Duration.seconds(30)

    private var bound = Backoff.initial

    /// The next wait.
    mutating func next(using generator: inout some RandomNumberGenerator) -> Duration {
        let milliseconds = bound.milliseconds
        let wait = Int64.random(in: milliseconds / 2...milliseconds, using: &generator)
        bound = min(bound * 2, Backoff.maximum)
        return .milliseconds(wait)
    }

    /// Something worked: the next failure waits shortly again.
    mutating func reset() {
        bound = Backoff.initial
    }
}

extension Duration {
    /// Whole milliseconds, rounded down; a duration too long to count is `Int64.max`.
    var milliseconds: Int64 {
        let (seconds, attoseconds) = components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000)
        return overflow ? .max : whole + attoseconds / 1_000_000_000_000_000
    }
}
