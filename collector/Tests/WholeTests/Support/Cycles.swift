import Foundation
import Testing

/// How long the long tests are: short in CI, long in `scripts/crash-test`, which sets HYPERSTEP_CRASH_CYCLES.
enum Cycles {
    private static let asked =
        ProcessInfo.processInfo.environment["HYPERSTEP_CRASH_CYCLES"].flatMap { Int($0) }

    /// How often a crash is repeated at random moments: 8 times, or HYPERSTEP_CRASH_CYCLES times.
    static let count = asked ?? 8

    /// How many steps a long run has: 100,000, or a million where HYPERSTEP_CRASH_CYCLES is set.
    static let steps = asked == nil ? 100_000 : 1_000_000

    /// A moment between 5 and `most` milliseconds from now.
    static func pause(atMost most: Int) async throws {
        try await Task.sleep(for: .microseconds(Int.random(in: 5_000...most * 1_000)))
    }
}

/// The tests of the whole, one after the other: they load, kill and measure what they share.
@Suite(.serialized)
enum WholeTests {}
