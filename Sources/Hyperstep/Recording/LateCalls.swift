package import Logging
import Synchronization

/// Calls that came when what they recorded into had ended: the first is said, each is counted.
package final class LateCalls: Sendable {
    /// How many nobody was told of yet; of several recordings together.
    package final class Count: Sendable {
        // Relaxed: a statistic.
        private let number = Atomic<UInt64>(0)

        package init() {}

        func add() { number.wrappingAdd(1, ordering: .relaxed) }

        /// How many there were since the last time.
        func take() -> UInt64 { number.exchange(0, ordering: .relaxed) }
    }

    private let count: Count
    private let what: String
    private let logger: Logger
    // Relaxed: it decides who says it, and nothing else.
    private let isSaid = Atomic<Bool>(false)

    /// - Parameter what: what went wrong, as "a request was counted after …".
    package init(_ what: String, count: Count = Count(), logger: Logger) {
        self.what = what
        self.count = count
        self.logger = logger
    }

    /// Never inlined: what calls it is on a path where it does not happen.
    @inline(never)
    package func note(_ metadata: @autoclosure () -> Logger.Metadata) {
        count.add()
        // Loaded first: an exchange takes the cache line from other threads, each time.
        guard !isSaid.load(ordering: .relaxed), !isSaid.exchange(true, ordering: .relaxed) else { return }
        logger.warning("\(what): it is dropped, and so is every one after it", metadata: metadata())
    }
}
