/// What is declared of a hypertable, by its name in the policy file.
public enum HypertableKey: String, CaseIterable, Sendable, Hashable {
    case chunkInterval = "chunk_interval"
    case compressAfter = "compress_after"
    case segmentBy = "segment_by"
    case orderBy = "order_by"
    case retention

    /// Its name in the policy file.
    public var name: String { rawValue }
}

/// What is declared of an aggregate, by its name in the policy file.
public enum AggregateKey: String, CaseIterable, Sendable, Hashable {
    case bucket
    case refreshStart = "refresh_start"
    case refreshEnd = "refresh_end"
    case refreshEvery = "refresh_every"
    case realTime = "real_time"
    case compressAfter = "compress_after"
    case retention

    /// Its name in the policy file.
    public var name: String { rawValue }
}

/// One setting of one hypertable or aggregate.
public enum PolicyKey: Sendable, Hashable, CustomStringConvertible {
    case hypertable(Hypertable, HypertableKey)
    case aggregate(Aggregate, AggregateKey)

    /// Its path in the policy file: `hypertables.training_metrics.retention`.
    public var description: String {
        switch self {
        case .hypertable(let hypertable, let key):
            "\(PolicySection.hypertables.rawValue).\(hypertable.name).\(key.name)"
        case .aggregate(let aggregate, let key):
            "\(PolicySection.aggregates.rawValue).\(aggregate.name).\(key.name)"
        }
    }
}

/// The two halves of the policy file.
enum PolicySection: String, CaseIterable {
    case hypertables, aggregates
}
