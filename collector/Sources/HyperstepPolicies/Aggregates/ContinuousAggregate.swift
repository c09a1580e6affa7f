import HyperstepPostgres

/// The SQL of an aggregate that TimescaleDB keeps.
struct ContinuousAggregate {
    /// Where it is, and what it sums up.
    let schema: PostgresSchema
    let definition: AggregateDefinition
    let policy: AggregatePolicy

    init(_ aggregate: Aggregate, _ policies: PolicySet, in schema: PostgresSchema) {
        self.schema = schema
        definition = AggregateDefinition(aggregate)
        policy = policies[aggregate]
    }

    var create: [String] {
        let name = definition.aggregate.name
        // Its own indexes on each group alone are left out: TimescaleDB makes one on bucket, ours serve the rest.
        let view = """
            CREATE MATERIALIZED VIEW \(schema.sql).\(name)
            WITH (timescaledb.continuous, timescaledb.materialized_only = \(!policy.isRealTime), \
            timescaledb.create_group_indexes = false) AS
            \(select)
            WITH NO DATA
            """
        let indexes = definition.indexes.map {
            "CREATE INDEX ON \(schema.sql).\(name) (\(($0 + ["bucket DESC"]).joined(separator: ", ")))"
        }
        return [view, setChunkInterval] + indexes + AggregateSQL.comments(definition, in: schema)
    }

    /// TimescaleDB takes ten chunks of the source, which are hours: planning a week of hours would cost more than
    /// reading them. (An option of CREATE MATERIALIZED VIEW, too, but not in 2.19.)
    private var setChunkInterval: String {
        """
        SELECT set_chunk_time_interval(
            format('%I.%I', materialization_hypertable_schema, materialization_hypertable_name)::regclass,
            \(policy.bucket.chunkOfBuckets.exactSQL))
        FROM timescaledb_information.continuous_aggregates
        WHERE view_schema = \(schema.literal) AND view_name = '\(definition.aggregate.name)'
        """
    }

    private var select: String {
        if let base = definition.aggregate.base {
            definition.overBase(width: policy.bucket, from: "FROM \(schema.sql).\(base.name)", time: "bucket")
        } else {
            definition.overRows(
                width: policy.bucket, from: "FROM \(schema.sql).\(definition.aggregate.hypertable.name)")
        }
    }
}

extension AggregateDefinition {
    /// The query that computes it from rows.
    ///
    /// - Parameters:
    ///   - from: the rest of the query, without GROUP BY.
    ///   - outer: a wider bucket that each row shows as well, as `outer_bucket`.
    func overRows(width: PolicyDuration, from: String, outer: PolicyDuration? = nil) -> String {
        let groups = groups.map { $0.source == $0.name ? $0.name : "\($0.source) AS \($0.name)" }
        return grouped(
            ["time_bucket(\(width.sql), time) AS bucket"] + groups,
            measures.map { "\($0.overRows) AS \($0.name)" }, from,
            outer.map { "time_bucket(\($0.sql), time) AS outer_bucket" })
    }

    /// The query that computes it from its base.
    ///
    /// - Parameter time: the column with the beginning of the base's bucket, or of this aggregate's.
    func overBase(width: PolicyDuration, from: String, time: String) -> String {
        let bucket = time == "outer_bucket" ? time : "time_bucket(\(width.sql), \(time))"
        return grouped(
            ["\(bucket) AS bucket"] + groups.map(\.name),
            measures.map { measure in
                guard let overBase = measure.overBase else {
                    preconditionFailure("\(aggregate.name).\(measure.name) cannot be made of a base")
                }
                return "\(overBase) AS \(measure.name)"
            }, from)
    }

    /// Grouped by place: names would be ambiguous where source and aggregate share one.
    private func grouped(
        _ groups: [String], _ measures: [String], _ from: String, _ last: String? = nil
    ) -> String {
        var places = (1...groups.count).map(String.init)
        if last != nil { places.append(String(groups.count + measures.count + 1)) }
        return """
            SELECT \((groups + measures + (last.map { [$0] } ?? [])).joined(separator: ",\n       "))
            \(from)
            GROUP BY \(places.joined(separator: ", "))
            """
    }
}
