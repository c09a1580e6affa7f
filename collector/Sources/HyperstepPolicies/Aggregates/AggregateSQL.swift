public import HyperstepPostgres

/// The SQL that makes, changes and removes aggregates. Nothing here runs it.
///
/// Each list is for one transaction, and for the owner of the schema. Tables, columns and views are commented, and
/// what exists in `public` has the same names and columns in both editions.
public enum AggregateSQL {
    /// Makes an aggregate that does not exist yet.
    ///
    /// Community: a continuous aggregate without data; its refresh fills it, and a real-time one answers at once.
    /// Apache: a hypertable, the view over it, and notes of all rows that exist, which the refresher takes in; one
    /// that is made of another is filled from it. Writers wait meanwhile, so that no row is missed.
    ///
    /// - Parameters:
    ///   - aggregate: its base, if it has one, exists and is kept in the same way.
    ///   - policies: the widths of it and of its base, whether it is real-time, how long its rows are kept.
    ///   - schema: where Hyperstep's tables are.
    public static func create(
        _ aggregate: Aggregate, _ policies: PolicySet, edition: Edition, in schema: PostgresSchema = .standard
    ) -> [String] {
        switch AggregateKind(edition) {
        case .continuous: ContinuousAggregate(aggregate, policies, in: schema).create
        case .kept: KeptAggregate(aggregate, policies, in: schema).create(policies)
        }
    }

    /// Removes an aggregate and those made of it. Views of others upon it make it fail.
    ///
    /// - Parameter kind: as ``AggregateKind/of(_:_:)`` found it.
    public static func drop(
        _ aggregate: Aggregate, kind: AggregateKind, in schema: PostgresSchema = .standard
    ) -> [String] {
        let dependents = Aggregate.allCases.filter { $0.base == aggregate }
        switch kind {
        case .continuous:
            return (dependents + [aggregate]).map {
                "DROP MATERIALIZED VIEW IF EXISTS \(schema.sql).\($0.name)"
            }
        case .kept:
            return KeptAggregate.drop(dependents + [aggregate], in: schema)
        }
    }

    /// Makes an aggregate show what is not computed yet, or not, as declared.
    public static func setRealTime(
        _ aggregate: Aggregate, _ policies: PolicySet, kind: AggregateKind,
        in schema: PostgresSchema = .standard
    ) -> [String] {
        switch kind {
        case .continuous:
            [
                """
                ALTER MATERIALIZED VIEW \(schema.sql).\(aggregate.name) \
                SET (timescaledb.materialized_only = \(!policies[aggregate].isRealTime))
                """
            ]
        case .kept: KeptAggregate(aggregate, policies, in: schema).setRealTime(policies)
        }
    }

    /// Tells the aggregates that the collector keeps how long what they are made from is kept, so that a late row
    /// never erases history whose rows are gone. To be run before chunks are dropped by a new retention; changes
    /// nothing the second time, or where no such aggregate exists. Needs no more than the right to update
    /// `hyperstep_internal.kept_aggregates`.
    public static func setInputRetention(_ policies: PolicySet) -> [String] {
        Aggregate.allCases.map { aggregate in
            let retention = policies.inputRetention(of: aggregate)?.exactSQL ?? "NULL::interval"
            return """
                UPDATE hyperstep_internal.kept_aggregates SET input_retention = \(retention), \
                complete_from = greatest(complete_from, now() - \(retention))
                WHERE aggregate = '\(aggregate.name)' AND input_retention IS DISTINCT FROM \(retention)
                """
        }
    }

    /// `COMMENT` for a view and its columns.
    static func comments(_ definition: AggregateDefinition, in schema: PostgresSchema) -> [String] {
        let view = "\(schema.sql).\(definition.aggregate.name)"
        let columns =
            [("bucket", "The beginning of the bucket.")]
            + definition.groups.map { ($0.name, $0.comment) }
            + definition.measures.map { ($0.name, $0.comment) }
        return ["COMMENT ON VIEW \(view) IS '\(definition.comment.quoted)'"]
            + columns.filter { !$0.1.isEmpty }.map { name, comment in
                "COMMENT ON COLUMN \(view).\(name) IS '\(comment.quoted)'"
            }
    }
}

extension PolicySet {
    /// How long that is kept which an aggregate is made from; nil is for ever.
    func inputRetention(of aggregate: Aggregate) -> PolicyDuration? {
        guard let base = aggregate.base else { return self[aggregate.hypertable].retention }
        return self[base].retention
    }
}

extension PolicyDuration {
    /// As an interval of seconds alone: added to a time, a day is 24 hours in every time zone.
    var exactSQL: String { "INTERVAL '\(seconds) seconds'" }
}

extension PolicyDuration {
    /// How much time a chunk of an aggregate holds whose buckets are this wide: whole days for narrow buckets, a month
    /// for hours; some 100 thousand rows with 100 groups at a time.
    var chunkOfBuckets: PolicyDuration {
        PolicyDuration(seconds: min(max(seconds * 1440, 86_400), 30 * 86_400))
    }
}

extension String {
    /// With each quote doubled, for an SQL literal.
    fileprivate var quoted: String {
        split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''")
    }
}
