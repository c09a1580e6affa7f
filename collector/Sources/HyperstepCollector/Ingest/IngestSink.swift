public import HyperstepWire

/// Where decoded batches go to be committed.
public protocol IngestSink: Sendable {
    /// Takes a batch and returns at once; `completion` is called exactly once, from any thread.
    ///
    /// - Parameters:
    ///   - batch: what a request carried, decoded and valid.
    ///   - bytes: the size of the request's body, which is what the batch counts for in memory.
    ///   - completion: told what became of the batch.
    func submit(_ batch: Batch, bytes: Int, completion: @escaping @Sendable (IngestOutcome) -> Void)
}

/// What became of a batch.
public enum IngestOutcome: Sendable, Equatable {
    /// The database has committed the stream up to `nextPosition`, this batch included.
    case committed(nextPosition: UInt64)
    /// So many of the batch's records were refused for good, for a reason that says what became of them; the others
    /// are committed, and the stream moved on.
    case rejected(Refusal, nextPosition: UInt64)
    /// The batch begins after the position that is expected next; nothing of it was written.
    case gap(nextPosition: UInt64)
    /// The database cannot be written now. Whether the batch was committed may be unknown: sent again, the
    /// ledger decides.
    case unavailable(reason: String, retryAfter: Duration)
    /// Too much is waiting to be committed; nothing of the batch was written.
    case overloaded(retryAfter: Duration)
}

/// Records of a batch that are not written and never will be.
public struct Refusal: Sendable, Equatable {
    /// Why, and what became of them.
    public var reason: String
    /// How many.
    public var count: UInt64

    /// A refusal of so many records.
    public init(reason: String, count: UInt64) {
        self.reason = reason
        self.count = count
    }
}
