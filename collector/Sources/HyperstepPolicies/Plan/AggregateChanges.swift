/// What brings one aggregate, and those made from it, to what is declared of them.
struct AggregateChanges {
    let aggregate: Aggregate
    let declared: PolicySet
    let observed: ObservedDatabase

    private var policy: AggregatePolicy { declared[aggregate] }
    private var had: ObservedAggregate? { observed.aggregates[aggregate] }
    private var dependents: [Aggregate] { Aggregate.allCases.filter { $0.base == aggregate } }
    private var wantedKind: AggregateKind { AggregateKind(observed.edition) }

    var all: [PolicyChange] {
        guard let had else { return [creation] + fromDependents }
        guard had.kind == wantedKind, had.bucket == policy.bucket else { return [recreation(had)] }
        // What is made from this one stops reaching back before this one's buckets go.
        let own = settings(had)
        return own.filter { !$0.dropsData } + fromDependents + own.filter(\.dropsData)
    }

    /// Those that are made from this one, each on its own.
    private var fromDependents: [PolicyChange] { dependents.flatMap { on($0).all } }

    private func on(_ other: Aggregate) -> AggregateChanges {
        AggregateChanges(aggregate: other, declared: declared, observed: observed)
    }

    private func change(_ key: AggregateKey, from: String, to: String, _ sql: [String]) -> PolicyChange {
        PolicyChange(relation: aggregate.name, setting: key.name, from: from, to: to, sql: sql)
    }

    private var creation: PolicyChange {
        var change = change(.bucket, from: PolicyChange.missing, to: policy.bucket.description, creationSQL)
        change.needsOwner = true
        change.follows = Set(aggregate.base.map { [$0.name] } ?? [])
        return change
    }

    /// With everything that is declared of it, so that it is whole at once.
    private var creationSQL: [String] {
        // The roles of `migrate --create-roles`, if there are any, may read it.
        var sql =
            AggregateSQL.create(aggregate, declared, edition: observed.edition, in: observed.schema) + [
                PolicyStatement.grants
            ]
        guard observed.edition == .community else { return sql }
        sql.append(PolicyStatement.refresh(aggregate, policy))
        if policy.compressAfter != nil {
            sql.append(PolicyStatement.compression(aggregate.name, policy.compressAfter))
        }
        if policy.retention != nil {
            sql.append(PolicyStatement.retention(aggregate.name, policy.retention))
        }
        return sql
    }

    /// Another bucket is another aggregate. Those made from this one fall with it and are made anew as well.
    private func recreation(_ had: ObservedAggregate) -> PolicyChange {
        let fallen = dependents.filter { observed.aggregates[$0] != nil }
        let isOtherKind = had.kind != wantedKind
        let with = dependents.isEmpty ? "" : " and with it \(dependents.map(\.name).joined(separator: ", "))"
        var change = change(
            .bucket, from: had.bucket.description + (isOtherKind ? ", \(had.kind.words)" : ""),
            to: policy.bucket.description + (isOtherKind ? ", \(wantedKind.words)" : "")
                + ", made anew\(with)",
            AggregateSQL.drop(aggregate, kind: had.kind, in: observed.schema) + creationSQL
                + dependents.flatMap { on($0).creationSQL })
        change.dropsData = true
        change.needsOwner = true
        change.loss = ([had] + fallen.compactMap { observed.aggregates[$0] }).compactMap(\.recreationLoss)
            .max { $0.count < $1.count }
        return change
    }

    /// Another view, which is the owner's to replace.
    private func keptRealTime(_ had: ObservedAggregate) -> PolicyChange {
        var change = change(
            .realTime, from: "\(had.isRealTime)", to: "\(policy.isRealTime)",
            AggregateSQL.setRealTime(aggregate, declared, kind: .kept, in: observed.schema))
        change.needsOwner = true
        return change
    }

    private func settings(_ had: ObservedAggregate) -> [PolicyChange] {
        guard observed.edition == .community else {
            return had.isRealTime == policy.isRealTime ? [] : [keptRealTime(had)]
        }
        var changes = JobDrift.refresh(had.refreshJobs, policy).map { key, drift in
            change(key, from: drift.from, to: drift.to, [PolicyStatement.refresh(aggregate, policy)])
        }
        if had.isRealTime != policy.isRealTime {
            changes.append(
                change(
                    .realTime, from: "\(had.isRealTime)", to: "\(policy.isRealTime)",
                    [PolicyStatement.realTime(aggregate, policy.isRealTime)]))
        }
        if let drift = JobDrift(had.compressionJobs, age: policy.compressAfter) {
            changes.append(
                change(
                    .compressAfter, from: drift.from, to: drift.to,
                    [PolicyStatement.compression(aggregate.name, policy.compressAfter)]))
        }
        return changes
            + RetentionChange.changes(
                relation: aggregate.name, setting: AggregateKey.retention.name, jobs: had.retentionJobs,
                wanted: policy.retention, loss: had.loss, follows: Set(dependents.map(\.name)))
    }
}

extension AggregateKind {
    /// For a person.
    var words: String {
        switch self {
        case .continuous: "kept by TimescaleDB"
        case .kept: "kept by the collector"
        }
    }
}
