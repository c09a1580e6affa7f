import HyperstepPolicies

extension ObservedDatabase {
    /// A database that has exactly what is declared.
    static func having(_ declared: PolicySet, edition: Edition = .community) -> ObservedDatabase {
        var observed = ObservedDatabase(edition: edition, timescaleVersion: [2, 28, 3])
        for table in Hypertable.allCases {
            observed.hypertables[table] = .having(declared[table], edition)
        }
        for aggregate in Aggregate.allCases {
            observed.aggregates[aggregate] = .having(declared[aggregate], edition)
        }
        return observed
    }
}

extension ObservedHypertable {
    fileprivate static func having(_ policy: HypertablePolicy, _ edition: Edition) -> Self {
        var interval = PolicyDuration.days(1)
        if case .fixed(let declared) = policy.chunkInterval { interval = declared }
        var observed = ObservedHypertable(chunkInterval: interval)
        guard edition == .community else { return observed }
        if policy.compressAfter != nil {
            observed.columnstore = ColumnstoreSettings(segmentBy: policy.segmentBy, orderBy: policy.orderBy)
        }
        observed.compressionJobs = .ageing(policy.compressAfter)
        observed.retentionJobs = .ageing(policy.retention)
        return observed
    }
}

extension ObservedAggregate {
    fileprivate static func having(_ policy: AggregatePolicy, _ edition: Edition) -> Self {
        guard edition == .community else {
            return ObservedAggregate(kind: .kept, bucket: policy.bucket, isRealTime: policy.isRealTime)
        }
        return ObservedAggregate(
            kind: .continuous, bucket: policy.bucket, isRealTime: policy.isRealTime,
            refreshJobs: [
                ObservedJob(
                    id: 2_000, every: policy.refreshEvery, refreshStart: policy.refreshStart,
                    refreshEnd: policy.refreshEnd)
            ], compressionJobs: .ageing(policy.compressAfter), retentionJobs: .ageing(policy.retention))
    }
}

extension [ObservedJob] {
    /// The one job that a declared age leads to.
    static func ageing(_ age: PolicyDuration?, id: Int32 = 1_000) -> [ObservedJob] {
        age.map { age in
            let every = PolicyDuration(seconds: Swift.max(60, Swift.min(3_600, age.seconds / 10)))
            return [ObservedJob(id: id, every: every, after: age)]
        } ?? []
    }
}
