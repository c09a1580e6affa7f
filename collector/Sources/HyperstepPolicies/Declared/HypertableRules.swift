/// The rules that the policy of one hypertable has to keep.
struct HypertableRules {
    private let set: PolicySet
    private let hypertable: Hypertable
    private let policy: HypertablePolicy

    init(_ set: PolicySet, _ hypertable: Hypertable) {
        self.set = set
        self.hypertable = hypertable
        policy = set[hypertable]
    }

    var violations: [PolicyViolation] {
        [
            chunkInRange, chunkFitsBuckets, compressionAfterHotChunk, compressionBeforeRetention,
            retentionOfTwoChunks, retentionInRange,
        ]
        .compactMap { $0 } + ColumnRules(hypertable, policy).violations
    }

    private func key(_ key: HypertableKey) -> PolicyKey { .hypertable(hypertable, key) }

    private func violation(_ keys: HypertableKey..., reason: String) -> PolicyViolation {
        PolicyViolation(keys: keys.map(key), reason: reason)
    }

    private var chunkInRange: PolicyViolation? {
        let (shortest, longest) = (
            HypertablePolicy.ChunkInterval.shortest, HypertablePolicy.ChunkInterval.longest
        )
        guard case .fixed(let chunk) = policy.chunkInterval, !(shortest...longest).contains(chunk)
        else { return nil }
        return violation(.chunkInterval, reason: "expected \(shortest) to \(longest), got \(chunk)")
    }

    /// Otherwise a bucket's rows lie in more chunks than they need to, and its refresh reads them all.
    private var chunkFitsBuckets: PolicyViolation? {
        let aggregates = Aggregate.allCases.filter { $0.hypertable == hypertable }
        guard case .fixed(let chunk) = policy.chunkInterval,
            let finest = aggregates.min(by: { set[$0].bucket < set[$1].bucket })
        else { return nil }
        let bucket = set[finest].bucket
        guard chunk.seconds % bucket.seconds != 0, bucket.seconds % chunk.seconds != 0 else { return nil }
        let bucketKey = PolicyKey.aggregate(finest, .bucket)
        return PolicyViolation(
            keys: [key(.chunkInterval), bucketKey],
            reason: """
                \(set.said(key(.chunkInterval))) and \(set.said(bucketKey)): one has to be a multiple of the \
                other; change either
                """)
    }

    private var compressionAfterHotChunk: PolicyViolation? {
        let longest = policy.chunkInterval.upperBound
        guard let age = policy.compressAfter, age < longest else { return nil }
        let chunk =
            policy.chunkInterval == .auto
            ? "chunk_interval is auto, which may choose up to \(longest)" : "chunk_interval is \(longest)"
        return violation(
            .compressAfter, .chunkInterval,
            reason: """
                compress_after is \(age) and \(chunk): rows still arrive in a chunk that young; \
                make compress_after at least \(longest), or chunk_interval shorter
                """)
    }

    private var compressionBeforeRetention: PolicyViolation? {
        guard let age = policy.compressAfter, let retention = policy.retention, age >= retention
        else { return nil }
        return violation(
            .compressAfter, .retention,
            reason: """
                compress_after is \(age) and retention is \(retention): chunks would be dropped before they are \
                compressed; make compress_after less than retention, or never
                """)
    }

    private var retentionInRange: PolicyViolation? {
        guard let retention = policy.retention, retention < HypertablePolicy.shortestRetention else {
            return nil
        }
        return violation(
            .retention, reason: "expected \(HypertablePolicy.shortestRetention) or more, got \(retention)")
    }

    private var retentionOfTwoChunks: PolicyViolation? {
        let longest = policy.chunkInterval.upperBound
        guard let retention = policy.retention, retention.seconds / 2 < longest.seconds else { return nil }
        let chunk =
            policy.chunkInterval == .auto
            ? "chunk_interval is auto, which may choose up to \(longest)" : "chunk_interval is \(longest)"
        return violation(
            .retention, .chunkInterval,
            reason: """
                retention is \(retention) and \(chunk): only whole chunks are dropped, so retention has to be at \
                least two of them; make retention longer, or chunk_interval shorter
                """)
    }
}
