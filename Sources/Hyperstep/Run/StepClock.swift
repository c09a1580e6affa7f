import HyperstepClock
import Synchronization

/// Time and step time from one reading of one clock.
///
/// A step needs the date (for its row) and the time since the step before it. The monotonic clock gives the
/// second rightly when somebody sets the date; the date is that clock plus an offset, which is compared with
/// the wall clock about once a second of recording. So reading costs one `clock_gettime` (no system call on
/// Linux and macOS), and after the date is set, or the machine slept, rows carry the old date for a second at
/// most. Both clocks follow the same corrections of speed, so the offset stays as it is otherwise.
struct StepClock: ~Copyable, Sendable {
    /// What one reading gave.
    struct Reading {
        /// Nanoseconds of the monotonic clock; they mean something only as a difference.
        let monotonic: Int64
        /// Nanoseconds since 1970, 0 or later.
        let time: Int64
    }

    /// How far the offset may be off before it is corrected. Smaller differences are the noise of reading two
    /// clocks one after the other; following it would put rows out of order.
    private static let tolerance: Int64 = 1_000_000
    private static let refreshInterval: Int64 = 1_000_000_000

    // Relaxed everywhere: each word means something on its own. A thread that sees one of them late uses an
    // offset that was right a moment ago, or compares once more than needed.
    private let offset: Atomic<Int64>
    private let nextRefresh: Atomic<Int64>

    init() {
        let (offset, monotonic) = Self.measureOffset()
        self.offset = Atomic(offset)
        nextRefresh = Atomic(monotonic &+ Self.refreshInterval)
    }

    @inline(__always)
    func read() -> Reading {
        let monotonic = SystemClock.monotonic
        if monotonic >= nextRefresh.load(ordering: .relaxed) { refresh(at: monotonic) }
        return Reading(
            monotonic: monotonic, time: max(0, monotonic &+ offset.load(ordering: .relaxed)))
    }

    @inline(never)
    private func refresh(at monotonic: Int64) {
        nextRefresh.store(monotonic &+ Self.refreshInterval, ordering: .relaxed)
        let measured = Self.measureOffset().offset
        if (measured &- offset.load(ordering: .relaxed)).magnitude > Self.tolerance.magnitude {
            offset.store(measured, ordering: .relaxed)
        }
    }

    /// Wall clock minus monotonic clock, of the three readings that were closest together: a thread may lose
    /// its core between two readings.
    private static func measureOffset() -> (offset: Int64, monotonic: Int64) {
        var best = (offset: Int64(0), monotonic: Int64(0), width: Int64.max)
        for _ in 0..<3 {
            let before = SystemClock.monotonic
            let wall = SystemClock.wall
            let after = SystemClock.monotonic
            if after &- before < best.width {
                best = (wall &- (before &+ (after &- before) / 2), after, after &- before)
            }
        }
        return (best.offset, best.monotonic)
    }
}
