import Foundation
import Testing

/// How often a crash is repeated at random moments: 20 times, or HYPERSTEP_CRASH_CYCLES times
/// (`scripts/crash-test` sets it).
enum Cycles {
    static let count =
        ProcessInfo.processInfo.environment["HYPERSTEP_CRASH_CYCLES"].flatMap { Int($0) } ?? 20

    /// A moment between 5 and `most` milliseconds from now.
    static func pause(atMost most: Int) async throws {
        try await Task.sleep(for: .microseconds(Int.random(in: 5_000...most * 1_000)))
    }
}

/// The tests of the whole, one after the other: they load, kill and measure what they share.
@Suite(.serialized)
enum WholeTests {}
