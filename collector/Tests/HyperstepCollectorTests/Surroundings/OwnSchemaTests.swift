import HyperstepPolicies
import HyperstepPostgres
import HyperstepWire
import TestDatabases
import Testing

@testable import HyperstepCollector

/// Tables of somebody else's whose names are Hyperstep's.
private let foreignTables = """
    CREATE TABLE public.models (id serial PRIMARY KEY, title text);
    CREATE TABLE public.metrics (who text, score numeric);
    CREATE TABLE public.runs (id serial PRIMARY KEY, distance_km numeric);
    CREATE VIEW public.training_metrics AS SELECT * FROM public.runs;
    CREATE FUNCTION public.latency_percentile(text) RETURNS text LANGUAGE sql AS $$ SELECT 'mine' $$;
    INSERT INTO public.models (title) VALUES ('T');
    INSERT INTO public.metrics VALUES ('a', 1);
    INSERT INTO public.runs (distance_km) VALUES (42.195)
    """

extension TestDatabase {
    fileprivate func inSchema(_ name: String) throws -> TestDatabase {
        var other = self
        other.schema = try #require(PostgresSchema(name))
        return other
    }

    /// What is in the schema public, extension's functions aside, and what its tables hold.
    fileprivate func foreign() throws -> [String] {
        let rows = try connect().query(
            """
            SELECT (SELECT string_agg(format('%s %s %s', c.relname, c.relkind, c.relacl), ',' ORDER BY c.relname)
                    FROM pg_class AS c WHERE c.relnamespace = 'public'::regnamespace),
                   (SELECT string_agg(m::text, ',') FROM public.models AS m),
                   (SELECT string_agg(m::text, ',') FROM public.metrics AS m),
                   (SELECT string_agg(r::text, ',') FROM public.runs AS r), public.latency_percentile('x')
            """)
        return (0..<5).map { rows.text(0, $0) ?? "null" }
    }
}

@Suite(
    "A schema of Hyperstep's own",
    .needsDatabase, .mayBlock, .timeLimit(.minutes(20))
)
struct OwnSchemaTests {
    @Test(
        "Beside a user's tables of the same names, in a schema named as a word of SQL, a collector does all of its work",
        arguments: TestEdition.all)
    func journey(edition: TestEdition) async throws {
        try await withTestDatabase(edition) { database in
            try database.connect().execute(foreignTables)
            let before = try database.foreign()
            let schema = "order"
            try await Journey(edition: edition, database: database.inSchema(schema)).run()
            #expect(try database.foreign() == before)
            let lines = try database.everything().filter {
                $0.hasPrefix("relation public.") || $0.hasPrefix("relation \(schema).training_steps")
            }
            #expect(lines.last == "relation public.training_metrics")
            #expect(lines.contains("relation \(schema).training_steps"))
        }
    }

    @Test(
        "The functions for percentiles answer from that schema, whatever the search path of who asks",
        arguments: TestEdition.all)
    func percentiles(edition: TestEdition) async throws {
        try await withTestDatabase(edition) { database in
            try database.connect().execute(foreignTables)
            let own = try database.inSchema("hyperstep")
            _ = try await MigrateCommand(url: own.address, logger: .nobody).run()
            let ingest = try makeIngest(own)
            for kind in [StreamKind.windows, .series] {
                let stream = KindStream(kind: kind)
                #expect(await ingest.commitWhenReady(stream.batch(0..<100)) == .committed(nextPosition: 100))
            }
            await ingest.drain(timeout: .seconds(20))
            // Found by unqualified names elsewhere: public first.
            let connection = try database.connect()
            let row = try connection.query(
                """
                SELECT (SELECT count(*) FROM (SELECT DISTINCT model_id, endpoint FROM hyperstep.latency_histogram) AS h,
                        LATERAL hyperstep.latency_percentile(h.model_id, h.endpoint, 0.5, '2023-01-01', '2024-01-01') AS p
                        WHERE p IS NOT NULL),
                       (SELECT count(*) FROM hyperstep.series AS s,
                        LATERAL hyperstep.series_percentile(ARRAY[s.id], 0.5, '2023-01-01', '2024-01-01') AS p
                        WHERE p IS NOT NULL)
                """)
            #expect(row.int64(0, 0) ?? 0 > 0)
            #expect(row.int64(0, 1) ?? 0 > 0)
        }
    }

    @Test(
        "Roles of least privilege work there, and get nothing in public",
        .needsSuperuser, .mayBlock,
        arguments: TestEdition.withSuperuser)
    func roles(edition: TestEdition) async throws {
        try await withTestRoles(edition) { database, prefix in
            try database.connect().execute(foreignTables)
            let own = try database.inSchema("hyperstep")
            let roles = try RoleFixture(own, prefix)
            _ = try await MigrateCommand(url: roles.superuser.address, logger: .nobody).run()
            let ingest = try makeIngest(roles.collector)
            for kind in StreamKind.allCases {
                let stream = KindStream(kind: kind)
                #expect(await ingest.commitWhenReady(stream.batch(0..<50)) == .committed(nextPosition: 50))
                try stream.expectExactly(50, in: roles.reader)
            }
            await ingest.drain(timeout: .seconds(20))
            let doctor = try await DoctorCommand(url: roles.collector.address).run()
            #expect(!doctor.findings.contains { $0.check == "permissions" && $0.level == .error })
            let reader = try roles.reader.connect()
            #expect(reader.refusal(of: "SELECT FROM public.runs")?.code == "42501")
            #expect(reader.refusal(of: "SELECT FROM runs") == nil)
            #expect(
                reader.refusal(of: "INSERT INTO models VALUES (gen_random_uuid(), 'x', null, now())")?.code
                    == "42501")
        }
    }

    @Test(
        "Without the setting, foreign tables are refused before anything is made, and the setting is named",
        arguments: TestEdition.all)
    func refused(edition: TestEdition) async throws {
        try await withTestDatabase(edition) { database in
            try database.connect().execute(foreignTables)
            let before = try (database.everything(), database.foreign())
            let error = await #expect(throws: MigrationError.self) {
                try await MigrateCommand(
                    url: database.address, roles: RoleNames(prefix: "never_made"), logger: .nobody
                ).run()
            }
            let text = error?.description ?? ""
            #expect(text.contains("the table metrics") && text.contains("the table models"))
            #expect(text.contains("the function latency_percentile"))
            #expect(text.contains("--database-schema"))
            #expect(try database.everything() == before.0)
            #expect(try database.foreign() == before.1)
            let roles = try database.connect().query(
                "SELECT FROM pg_roles WHERE starts_with(rolname::text, 'never_made')")
            #expect(roles.count == 0)
        }
    }

    @Test(
        "An index, a type or a sequence of one of our names is in the way as well",
        arguments: [
            "CREATE TABLE t (a int8); CREATE INDEX run_metrics_run ON t (a)",
            "CREATE TYPE runs AS ENUM ('a')",
            "CREATE SEQUENCE series", "CREATE DOMAIN models AS text",
        ])
    func otherKinds(sql: String) async throws {
        let edition = try #require(TestEdition.all.first)
        try await withTestDatabase(edition) { database in
            try database.connect().execute(sql)
            let before = try database.everything()
            let error = await #expect(throws: MigrationError.self) {
                try await MigrateCommand(url: database.address, logger: .nobody).run()
            }
            #expect(error?.description.contains("database.schema") == true)
            #expect(try database.everything() == before)
        }
    }

    @Test(
        "A second schema in one database is refused, and every command names the schema of the first",
        arguments: TestEdition.all)
    func second(edition: TestEdition) async throws {
        try await withTestDatabase(edition) { database in
            let first = try database.inSchema("first")
            _ = try await MigrateCommand(url: first.address, logger: .nobody).run()
            let before = try database.everything()
            for other in [database, try database.inSchema("second")] {
                let error = await #expect(throws: MigrationError.self) {
                    try await MigrateCommand(url: other.address, logger: .nobody).run()
                }
                #expect(error?.description.contains("set database.schema to first") == true)
                let plan = await #expect(throws: SchemaError.self) {
                    try await PoliciesCommand(url: other.address, declared: .standard).plan()
                }
                #expect(plan.map { "\($0)" }?.contains("set database.schema to first") == true)
                // A busy machine may not answer within the three seconds that a probe waits.
                let readiness = DatabaseReadiness(url: try other.address, timeout: .seconds(600))
                guard case .notReady(let reason) = await readiness.check() else {
                    Issue.record("ready in a schema without tables")
                    return
                }
                #expect(reason.contains("set database.schema to first"))
            }
            #expect(try database.everything() == before)
        }
    }

    @Test("The names that are looked for are all that migrate makes", arguments: TestEdition.all)
    func names(edition: TestEdition) async throws {
        try await withTestDatabase(edition) { database in
            let own = try database.inSchema("hyperstep")
            _ = try await MigrateCommand(url: own.address, logger: .nobody).run()
            let connection = try own.connect()
            let relations = try connection.lines(
                """
                SELECT c.relname::text FROM pg_class AS c
                WHERE c.relnamespace = 'hyperstep'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm') ORDER BY 1
                """)
            #expect(relations == (OwnNames.tables + OwnNames.views).sorted())
            let functions = try connection.lines(
                """
                SELECT DISTINCT proname::text FROM pg_proc WHERE pronamespace = 'hyperstep'::regnamespace ORDER BY 1
                """)
            #expect(functions == OwnNames.functions.sorted())
            let indexes = try connection.lines(
                """
                SELECT c.relname::text FROM pg_class AS c
                WHERE c.relnamespace = 'hyperstep'::regnamespace AND c.relkind = 'i'
                  AND NOT EXISTS (SELECT FROM pg_constraint AS k WHERE k.conindid = c.oid)
                """)
            // The collector makes one where it keeps the aggregates itself.
            let expected = Set(OwnNames.indexes).subtracting(
                edition.isCommunity ? ["model_performance_model"] : [])
            #expect(Set(indexes) == expected)
        }
    }

    @Test("Names that SQL text cannot hold without care are no schema's")
    func expectation() {
        for name in ["hyperstep", "a", "_x9", "order", "public"] {
            #expect(PostgresSchema(name)?.name == name)
        }
        for name in [
            "", "Metrics", "9a", "a-b", "a b", "a'b", "a\"b", "é", "pg_mine", "information_schema",
            "hyperstep_internal",
            "_timescaledb_catalog", "timescaledb_information", String(repeating: "a", count: 64), "a%I",
        ] {
            #expect(PostgresSchema(name) == nil, "\(name)")
        }
        #expect(PostgresSchema("order")?.sql == "\"order\"")
        #expect(PostgresSchema.standard.sql == "public")
    }
}
