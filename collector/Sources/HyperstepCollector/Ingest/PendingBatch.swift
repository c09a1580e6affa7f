import HyperstepWire
import Synchronization

/// A batch on its way into the database, and whoever waits for its answer.
///
/// Answers once: the first answer counts, and one that is let go of unanswered answers that it was not
/// written, so that no request waits for ever.
final class PendingBatch: Sendable {
    let batch: Batch
    let arrival: ContinuousClock.Instant
    private let completion: @Sendable (IngestOutcome) -> Void
    private let isAnswered = Atomic(false)
    private let regroupings = Atomic(0)
    private let refused = Mutex<Refusal?>(nil)

    init(
        _ batch: Batch, arrival: ContinuousClock.Instant = .now,
        completion: @escaping @Sendable (IngestOutcome) -> Void
    ) {
        self.batch = batch
        self.arrival = arrival
        self.completion = completion
    }

    deinit { answer(.unavailable(reason: "the collector is stopping", retryAfter: .seconds(1))) }

    func answer(_ outcome: IngestOutcome) {
        // Relaxed: the flag alone decides who answers, and guards no other memory.
        guard !isAnswered.exchange(true, ordering: .relaxed) else { return }
        completion(outcome)
    }

    /// Remembers records of it that a committed transaction did not write.
    func note(_ refusal: Refusal) {
        refused.withLock { $0 = Refusal(reason: refusal.reason, count: ($0?.count ?? 0) + refusal.count) }
    }

    /// What was refused of it by all transactions that wrote of it.
    var refusal: Refusal? { refused.withLock { $0 } }

    /// Whether a batch with a gap may wait once more for its predecessor; true only a few times.
    func mayRegroup() -> Bool { regroupings.add(1, ordering: .relaxed).newValue <= 3 }

    /// The order in which a group is committed: a stream's batches by position, so that those which follow
    /// each other all apply.
    static func precedes(_ left: PendingBatch, _ right: PendingBatch) -> Bool {
        left.batch.stream == right.batch.stream
            ? left.batch.firstPosition < right.batch.firstPosition
            : left.batch.stream < right.batch.stream
    }
}
