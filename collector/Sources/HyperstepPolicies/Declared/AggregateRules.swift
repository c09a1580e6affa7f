/// The rules that the policy of one aggregate has to keep.
struct AggregateRules {
    private let set: PolicySet
    private let aggregate: Aggregate
    private let policy: AggregatePolicy

    static let refreshEvery = PolicyDuration(seconds: 10)...PolicyDuration.days(1)

    init(_ set: PolicySet, _ aggregate: Aggregate) {
        self.set = set
        self.aggregate = aggregate
        policy = set[aggregate]
    }

    var violations: [PolicyViolation] {
        let own = [
            bucketDividesTime, bucketOfBase, refreshSchedule, compressionAfterRefresh,
            compressionBeforeRetention,
            retentionOfBucket, retentionInRange,
        ].compactMap { $0 }
        // No window suits a bucket that is longer than the rows are kept.
        if let violation = bucketWithinRetention { return own + [violation] }
        return own + (refreshWindow.map { [$0] } ?? []) + refreshWithinRetentions
    }

    private func key(_ key: AggregateKey) -> PolicyKey { .aggregate(aggregate, key) }

    private func violation(_ keys: AggregateKey..., reason: String) -> PolicyViolation {
        PolicyViolation(keys: keys.map(key), reason: reason)
    }

    private var bucketDividesTime: PolicyViolation? {
        let seconds = policy.bucket.seconds
        guard seconds % 60 != 0 || (86_400 % seconds != 0 && seconds % 86_400 != 0) else { return nil }
        return violation(
            .bucket,
            reason: """
                expected whole minutes that divide a day, or whole days, got \(policy.bucket): buckets would begin \
                at other times each day; 1 minute, 5 minutes, 1 hour and 1 day are usual
                """)
    }

    private var bucketOfBase: PolicyViolation? {
        guard let base = aggregate.base else { return nil }
        let (bucket, of) = (policy.bucket.seconds, set[base].bucket.seconds)
        guard bucket <= of || bucket % of != 0 else { return nil }
        let baseKey = PolicyKey.aggregate(base, .bucket)
        return PolicyViolation(
            keys: [key(.bucket), baseKey],
            reason: """
                \(set.said(key(.bucket))) and \(set.said(baseKey)), which it is made from: it has to be a larger \
                multiple of that
                """)
    }

    private var bucketWithinRetention: PolicyViolation? {
        let rows = PolicyKey.hypertable(aggregate.hypertable, .retention)
        guard let retention = set[aggregate.hypertable].retention, policy.bucket > retention else {
            return nil
        }
        return PolicyViolation(
            keys: [key(.bucket), rows],
            reason: """
                \(set.said(key(.bucket))) and \(set.said(rows)): rows would be dropped before their bucket is \
                complete; make the bucket smaller, or the retention longer
                """)
    }

    private var refreshWindow: PolicyViolation? {
        guard let start = policy.refreshStart,
            (start.seconds - policy.refreshEnd.seconds) / 2 < policy.bucket.seconds
        else { return nil }
        let least = policy.bucket.seconds.multipliedReportingOverflow(by: 2).partialValue
        let rule =
            start <= policy.refreshEnd
            ? "refresh_end has to be less than refresh_start"
            : "between them the window has to hold two buckets, \(PolicyDuration(seconds: max(1, least)))"
        // The start may have been derived from the shortest of these.
        let retentions = set.retentions(boundingRefreshOf: aggregate)
        let bound = retentions.min { $0.duration < $1.duration }.map { ", or make \($0.key) longer" } ?? ""
        return PolicyViolation(
            keys: [key(.refreshStart), key(.refreshEnd), key(.bucket)]
                + retentions.map(\.key),
            reason: """
                refresh_start is \(start), refresh_end is \(policy.refreshEnd) and bucket is \(policy.bucket): \
                \(rule); move refresh_start back, or refresh_end forward\(bound)
                """)
    }

    private var refreshSchedule: PolicyViolation? {
        guard !Self.refreshEvery.contains(policy.refreshEvery) else { return nil }
        return violation(
            .refreshEvery,
            reason: """
                expected \(Self.refreshEvery.lowerBound) to \(Self.refreshEvery.upperBound), \
                got \(policy.refreshEvery)
                """)
    }

    /// A refresh over rows that are gone erases the history that the aggregate is kept for.
    private var refreshWithinRetentions: [PolicyViolation] {
        return set.retentions(boundingRefreshOf: aggregate).compactMap { retentionKey, retention in
            let isOwn = retentionKey == key(.retention)
            if let start = policy.refreshStart, isOwn ? start <= retention : start < retention { return nil }
            let rule =
                isOwn
                ? "a refresh would make buckets that retention has dropped; refresh_start must not be longer"
                : "a refresh would erase buckets whose rows are gone; refresh_start has to be shorter"
            let longest = set.standardRefreshStart(of: aggregate).map { ": \($0)" } ?? ""
            return PolicyViolation(
                keys: [key(.refreshStart), retentionKey],
                reason: """
                    \(set.said(key(.refreshStart))) and \(set.said(retentionKey)): \(rule); leave refresh_start out \
                    to have the longest that is safe\(longest)
                    """)
        }
    }

    /// TimescaleDB takes less, but then each refresh opens again what was just compressed.
    private var compressionAfterRefresh: PolicyViolation? {
        guard let age = policy.compressAfter, age.seconds - policy.refreshEnd.seconds <= policy.bucket.seconds
        else { return nil }
        return violation(
            .compressAfter, .refreshEnd, .bucket,
            reason: """
                compress_after is \(age), refresh_end is \(policy.refreshEnd) and bucket is \(policy.bucket): \
                buckets would be compressed before they are computed; make compress_after more than both together
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

    private var retentionOfBucket: PolicyViolation? {
        guard let retention = policy.retention, retention <= policy.bucket else { return nil }
        return violation(
            .retention, .bucket,
            reason: """
                retention is \(retention) and bucket is \(policy.bucket): retention has to be longer than a bucket
                """)
    }
    private var retentionInRange: PolicyViolation? {
        guard let retention = policy.retention, retention < HypertablePolicy.shortestRetention else {
            return nil
        }
        return violation(
            .retention, reason: "expected \(HypertablePolicy.shortestRetention) or more, got \(retention)")
    }
}
