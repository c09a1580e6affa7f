import HyperstepPostgres

extension ObservedDatabase {
    static func hypertables(
        _ connection: PostgresConnection, _ jobs: JobFacts
    ) throws(PostgresError) -> [Hypertable: ObservedHypertable] {
        let settings = try columnstoreView(connection)
        let rows = try connection.query(
            """
            SELECT h.hypertable_name::text, extract(epoch FROM d.time_interval)::int8, h.compression_enabled,
                   s.segmentby, s.orderby
            FROM timescaledb_information.hypertables h
            JOIN timescaledb_information.dimensions d
              ON d.hypertable_schema = h.hypertable_schema AND d.hypertable_name = h.hypertable_name
             AND d.dimension_number = 1
            LEFT JOIN \(settings) s
              ON s.hypertable = format('%I.%I', h.hypertable_schema, h.hypertable_name)::regclass
            WHERE h.hypertable_schema = \(connection.schema.literal) AND h.hypertable_name::text = ANY ($1)
            """, [.texts(Hypertable.allCases.map(\.name))])
        var found: [Hypertable: ObservedHypertable] = [:]
        for row in 0..<rows.count {
            guard let hypertable = rows.text(row, 0).flatMap(Hypertable.init(rawValue:)),
                let interval = rows.duration(row, 1)
            else { continue }
            let columnstore = ColumnstoreSettings(segmentBy: rows.text(row, 3), orderBy: rows.text(row, 4))
            found[hypertable] = ObservedHypertable(
                chunkInterval: interval, columnstore: rows.bool(row, 2) == true ? columnstore : nil,
                compressionJobs: jobs.of(hypertable.name, .compression),
                retentionJobs: jobs.of(hypertable.name, .retention))
        }
        return found
    }

    /// Its name of today, or the one it had when compression was not yet called columnstore.
    private static func columnstoreView(_ connection: PostgresConnection) throws(PostgresError) -> String {
        let names = ["hypertable_columnstore_settings", "hypertable_compression_settings"].map {
            "timescaledb_information.\($0)"
        }
        let row = try connection.query("SELECT to_regclass($1) IS NOT NULL", [.text(names[0])])
        return row.bool(0, 0) == true ? names[0] : names[1]
    }

    static func continuousAggregates(
        _ connection: PostgresConnection, _ jobs: JobFacts
    ) throws(PostgresError) -> [Aggregate: ObservedAggregate] {
        let rows = try connection.query(
            """
            SELECT c.view_name::text, extract(epoch FROM hyperstep_internal.bucket_width(c.view_name::text))::int8,
                   c.materialized_only
            FROM timescaledb_information.continuous_aggregates c
            WHERE c.view_schema = \(connection.schema.literal) AND c.view_name::text = ANY ($1)
            """, [.texts(Aggregate.allCases.map(\.name))])
        var found: [Aggregate: ObservedAggregate] = [:]
        for row in 0..<rows.count {
            guard let aggregate = rows.text(row, 0).flatMap(Aggregate.init(rawValue:)),
                let bucket = rows.duration(row, 1)
            else { continue }
            found[aggregate] = ObservedAggregate(
                kind: .continuous, bucket: bucket, isRealTime: rows.bool(row, 2) == false,
                refreshJobs: jobs.of(aggregate.name, .refresh),
                compressionJobs: jobs.of(aggregate.name, .compression),
                retentionJobs: jobs.of(aggregate.name, .retention))
        }
        return found
    }

    /// Those that the collector keeps.
    static func keptAggregates(
        _ connection: PostgresConnection
    ) throws(PostgresError) -> [Aggregate: ObservedAggregate] {
        let rows = try connection.query(
            """
            SELECT aggregate, extract(epoch FROM width)::int8, is_real_time
            FROM hyperstep_internal.kept_aggregates
            """)
        var found: [Aggregate: ObservedAggregate] = [:]
        for row in 0..<rows.count {
            guard let aggregate = rows.text(row, 0).flatMap(Aggregate.init(rawValue:)),
                let bucket = rows.duration(row, 1)
            else { continue }
            found[aggregate] = ObservedAggregate(
                kind: .kept, bucket: bucket, isRealTime: rows.bool(row, 2) ?? false)
        }
        return found
    }
}
