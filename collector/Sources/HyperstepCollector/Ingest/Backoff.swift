/// Growing waits between attempts, with jitter so that many do not come back at the same moment.
struct Backoff: Sendable {
    private let first: Duration
    private let longest: Duration
    private var failures = 0

    init(first: Duration = .milliseconds(100), longest: Duration = .seconds(5)) {
        self.first = first
        self.longest = longest
    }

    /// The wait before the next attempt: between half and all of a span that doubles each time.
    mutating func next() -> Duration {
        let span = min(longest, first * (1 << min(failures, 16)))
        failures += 1
        return span * Double.random(in: 0.5...1)
    }

    /// After a success.
    mutating func reset() { failures = 0 }

    /// Whether this failure is worth a line in the log: the first, second, fourth, eighth … in a row.
    var isWorthALine: Bool { failures & (failures - 1) == 0 }
}
