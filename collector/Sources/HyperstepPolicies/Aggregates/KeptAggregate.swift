import HyperstepPostgres

/// The SQL of an aggregate that the collector keeps: `hyperstep_internal.<name>` holds what is computed. A view of that
/// name, in the schema of the tables, shows it, and of what is noted as changed the truth instead, where it is real-time.
struct KeptAggregate {
    /// Where the view is, and the hypertable that it sums up.
    let schema: PostgresSchema
    let definition: AggregateDefinition
    let width: PolicyDuration
    /// The width of its base's buckets, if it has one.
    let baseWidth: PolicyDuration?

    init(
        _ aggregate: Aggregate, width: PolicyDuration, baseWidth: PolicyDuration?, in schema: PostgresSchema
    ) {
        self.schema = schema
        precondition((aggregate.base == nil) == (baseWidth == nil))
        definition = AggregateDefinition(aggregate)
        self.width = width
        self.baseWidth = baseWidth
    }

    init(_ aggregate: Aggregate, _ policies: PolicySet, in schema: PostgresSchema) {
        self.init(
            aggregate, width: policies[aggregate].bucket,
            baseWidth: aggregate.base.map { policies[$0].bucket }, in: schema)
    }

    var name: String { definition.aggregate.name }
    var table: String { "hyperstep_internal.\(name)" }
    var source: String { definition.aggregate.hypertable.name }
    var columns: String { definition.columns.joined(separator: ", ") }

    func create(_ policies: PolicySet) -> [String] {
        let retention = policies.inputRetention(of: definition.aggregate)?.exactSQL
        let base = definition.aggregate.base
        let register = """
            INSERT INTO hyperstep_internal.kept_aggregates
                (aggregate, source, base, width, is_real_time, input_retention, complete_from)
            VALUES ('\(name)', '\(source)', \(base.map { "'\($0.name)'" } ?? "NULL"), \(width.exactSQL), \
            \(policies[definition.aggregate].isRealTime), \(retention ?? "NULL"), \
            \(retention.map { "now() - \($0)" } ?? "'-infinity'"))
            """
        return (base.map(lockBase) ?? lockSource) + createTable
            + ["CREATE VIEW \(schema.sql).\(name) AS\n\(view(policies))", register]
            + [base.map(fill) ?? noteRows] + AggregateSQL.comments(definition, in: schema)
    }

    func setRealTime(_ policies: PolicySet) -> [String] {
        [
            "CREATE OR REPLACE VIEW \(schema.sql).\(name) AS\n\(view(policies))",
            """
            UPDATE hyperstep_internal.kept_aggregates \
            SET is_real_time = \(policies[definition.aggregate].isRealTime) WHERE aggregate = '\(name)'
            """,
        ]
    }

    static func drop(_ aggregates: [Aggregate], in schema: PostgresSchema) -> [String] {
        guard let source = aggregates.first?.hypertable.name else { return [] }
        return ["LOCK TABLE ONLY \(schema.sql).\(source) IN SHARE ROW EXCLUSIVE MODE"]
            + aggregates.flatMap { aggregate in
                [
                    // First: it waits for a refresh that is under way.
                    "DELETE FROM hyperstep_internal.kept_aggregates WHERE aggregate = '\(aggregate.name)'",
                    "DROP VIEW IF EXISTS \(schema.sql).\(aggregate.name)",
                    "DROP TABLE IF EXISTS hyperstep_internal.\(aggregate.name)",
                ]
            } + [
                """
                DELETE FROM hyperstep_internal.touched_buckets WHERE source = '\(source)' AND NOT EXISTS \
                (SELECT FROM hyperstep_internal.kept_aggregates WHERE source = '\(source)')
                """
            ]
    }

    private func view(_ policies: PolicySet) -> String {
        policies[definition.aggregate].isRealTime
            ? realTimeView : "SELECT \(columns)\nFROM \(table)"
    }

    // MARK: Making it

    /// Writers have done what they do, and notes of what they do next find this aggregate registered. They lock the
    /// table before its chunks, so that its chunks, which may be thousands, are not locked here.
    private var lockSource: [String] {
        ["LOCK TABLE ONLY \(schema.sql).\(source) IN SHARE ROW EXCLUSIVE MODE"]
    }

    /// The refresher, which locks the same row, neither adds to the base nor takes notes meanwhile.
    private func lockBase(_ base: Aggregate) -> [String] {
        [
            """
            SELECT FROM hyperstep_internal.kept_aggregates \
            WHERE source = '\(base.hypertable.name)' ORDER BY aggregate FOR UPDATE
            """
        ]
    }

    private var createTable: [String] {
        let rows =
            definition.aggregate.base.map {
                definition.overBase(width: width, from: "FROM hyperstep_internal.\($0.name)", time: "bucket")
            } ?? definition.overRows(width: width, from: "FROM \(schema.sql).\(source)")
        let indexes = (definition.indexes + [[]]).map { columns in
            "CREATE INDEX ON \(table) (\((columns + ["bucket DESC"]).joined(separator: ", ")))"
        }
        // Without it, each bucket of a key is a scan of a chunk.
        let prefix = definition.key.prefix { $0 != "_" }
        let sourceIndex = """
            CREATE INDEX IF NOT EXISTS \(source)_\(prefix) ON \(schema.sql).\(source) (\(definition.key), time DESC)
            """
        return [
            "CREATE TABLE \(table) AS\n\(rows)\nWITH NO DATA",
            """
            SELECT create_hypertable('\(table)', by_range('bucket', \(width.chunkOfBuckets.exactSQL)), \
            create_default_indexes => false)
            """,
            "COMMENT ON TABLE \(table) IS 'What is computed of \(schema.sql).\(name), which is to be queried.'",
        ] + indexes + [sourceIndex]
    }

    private var noteRows: String {
        """
        INSERT INTO hyperstep_internal.touched_buckets (source, key, bucket)
        SELECT DISTINCT '\(source)', \(definition.key), time_bucket(INTERVAL '1 minute', time) FROM \(schema.sql).\(source)
        """
    }

    /// What its base lacks is noted: the refresher brings it to both.
    private func fill(_ base: Aggregate) -> String {
        """
        INSERT INTO \(table) (\(columns))
        \(definition.overBase(width: width, from: "FROM hyperstep_internal.\(base.name)", time: "bucket"))
        """
    }
}
