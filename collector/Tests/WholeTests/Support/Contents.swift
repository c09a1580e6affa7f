import Foundation
import HyperstepPostgres
import TestDatabases
import Testing

/// All that a database of Hyperstep's holds, as text that two databases are compared by.
struct Contents {
    /// Of each table and aggregate: how many rows, and a checksum of all of them.
    let rows: [String]
    /// The jobs of policies, the columnstore's settings, chunk intervals.
    let policies: [String]
    /// How many chunks each hypertable has, and how many of them are compressed.
    let chunks: [String]
    /// Owners and grants.
    let rights: [String]

    init(of database: TestDatabase) throws {
        let connection = try database.connect()
        // Sums over rows that lie in another order may differ in their last digits.
        try connection.execute("SET extra_float_digits = -3")
        func lines(_ sql: String) throws -> [String] {
            let answer = try connection.query(sql)
            return (0..<answer.count).map { answer.text($0, 0) ?? "" }
        }
        let relations = try lines(
            """
            SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
            WHERE nspname IN ('public', 'hyperstep_internal') AND relkind IN ('r', 'p', 'v', 'm')
              AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
              -- What collectors note of their own work.
              AND c.oid::regclass::text <> 'hyperstep_internal.maintenance'
            ORDER BY 1
            """)
        rows = try relations.map { relation in
            try lines(
                """
                SELECT '\(relation): ' || count(*) || ' ' || coalesce(md5(string_agg(md5(t::text), '' ORDER BY t::text)), '-')
                FROM \(relation) t
                """)[0]
        }
        policies = try lines(
            """
            SELECT concat_ws(' ', proc_name, hypertable_name, owner, schedule_interval, scheduled, config)
            FROM timescaledb_information.jobs WHERE hypertable_name IS NOT NULL
            UNION ALL
            SELECT concat_ws(' ', hypertable_name, column_name, time_interval) FROM timescaledb_information.dimensions
            UNION ALL
            SELECT concat_ws(' ', hypertable_name, attname, segmentby_column_index, orderby_column_index, orderby_asc)
            FROM timescaledb_information.compression_settings
            ORDER BY 1
            """)
        chunks = try lines(
            """
            SELECT concat_ws(' ', hypertable_name, count(*), count(*) FILTER (WHERE is_compressed))
            FROM timescaledb_information.chunks
            -- Those of aggregates come with each refresh.
            WHERE hypertable_name NOT LIKE '\\_materialized%' GROUP BY hypertable_name ORDER BY 1
            """)
        // PostgreSQL 17 has one right more, which an owner always has: m.
        rights = try lines(
            """
            SELECT concat_ws(' ', c.oid::regclass, relowner::regrole, (SELECT string_agg(a::text, ',' ORDER BY a::text) FROM unnest(relacl) a))
            FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
            WHERE nspname IN ('public', 'hyperstep_internal') AND relkind IN ('r', 'p', 'v', 'm', 'S')
              AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
            UNION ALL
            SELECT concat_ws(' ', nspname, nspowner::regrole, (SELECT string_agg(a::text, ',' ORDER BY a::text) FROM unnest(nspacl) a))
            FROM pg_namespace WHERE nspname IN ('public', 'hyperstep_internal')
            UNION ALL
            SELECT concat_ws(' ', 'database', (SELECT string_agg(a::text, ',' ORDER BY a::text) FROM unnest(datacl) a
                                               WHERE a::text LIKE 'hyperstep%'))
            FROM pg_database WHERE datname = current_database()
            UNION ALL
            SELECT concat_ws(' ', 'role', rolname, rolcanlogin, rolpassword,
                             (SELECT string_agg(roleid::regrole::text, ',') FROM pg_auth_members m WHERE m.member = a.oid))
            FROM pg_authid a WHERE rolname LIKE 'hyperstep%' OR rolname LIKE 'my%'
            ORDER BY 1
            """
        ).map { $0.replacingOccurrences(of: "arwdDxtm", with: "arwdDxt") }
    }

    /// Records each difference by itself: nobody reads a whole database in one message.
    func expect(_ other: Contents, sourceLocation: SourceLocation = #_sourceLocation) {
        let parts = [
            ("rows", rows, other.rows), ("policies", policies, other.policies),
            ("chunks", chunks, other.chunks), ("rights", rights, other.rights),
        ]
        for (name, expected, found) in parts {
            let (missing, added) = (Set(expected).subtracting(found), Set(found).subtracting(expected))
            #expect(missing.isEmpty, "\(name) that are gone", sourceLocation: sourceLocation)
            #expect(added.isEmpty, "\(name) that are new", sourceLocation: sourceLocation)
        }
    }
}
