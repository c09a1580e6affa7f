import Foundation
import HyperstepPostgres
import TestDatabases
import Testing

extension WholeTests {
    @Suite(
        "serve keeps the policies",
        .needsDatabase, .mayBlock)
    struct ServePoliciesTests {
        private func chunkInterval(_ whole: Whole) throws -> Int64? {
            try whole.database.connect().query(
                """
                SELECT extract(epoch FROM time_interval)::int8 FROM timescaledb_information.dimensions
                WHERE hypertable_name = 'experiments'
                """
            ).int64(0, 0)
        }

        private static func file(_ interval: String) -> String {
            "hypertables: {experiments: {chunk_interval: \(interval)}}"
        }

        @Test(
            "It brings the database to the file, puts drift back and logs it, and takes the file again on SIGHUP",
            arguments: TestEdition.all)
        func life(edition: TestEdition) async throws {
            try await withTestDatabase(edition) { database in
                let whole = try Whole(edition, database)
                let file = try whole.write("policies.yaml", Self.file("12 hours"))
                try whole.startCollector(["--policies-file", file, "--policies-reconcile-seconds", "1"])
                let collector = try #require(whole.collector)
                try await until { try chunkInterval(whole) == 43_200 }

                try database.connect().execute(
                    "SELECT set_chunk_time_interval('experiments', INTERVAL '2 days')")
                try await until { try chunkInterval(whole) == 43_200 }
                try await until {
                    collector.errors.split(separator: "\n").contains {
                        $0.contains("policy put back") && $0.contains("from=2 days")
                            && $0.contains("relation=experiments") && $0.contains("setting=chunk_interval")
                    }
                }

                // A wrong file is told, and what it said before stays in force.
                _ = try whole.write("policies.yaml", Self.file("12 parsecs"))
                collector.hangUp()
                try await until { collector.errors.contains("the policy file is wrong") }
                #expect(collector.errors.contains("hypertables.experiments.chunk_interval"))
                try database.connect().execute(
                    "SELECT set_chunk_time_interval('experiments', INTERVAL '3 days')")
                try await until { try chunkInterval(whole) == 43_200 }

                _ = try whole.write("policies.yaml", Self.file("8 hours"))
                collector.hangUp()
                try await until { try chunkInterval(whole) == 28_800 }
                #expect(collector.isRunning)
                #expect(collector.terminate() == 0)
            }
        }

        @Test("On SIGHUP it does not wait for the next round")
        func atOnce() async throws {
            let edition = try #require(TestEdition.all.first)
            try await withTestDatabase(edition) { database in
                let whole = try Whole(edition, database)
                let file = try whole.write("policies.yaml", Self.file("12 hours"))
                try whole.startCollector(["--policies-file", file, "--policies-reconcile-seconds", "86400"])
                try await until { try chunkInterval(whole) == 43_200 }
                _ = try whole.write("policies.yaml", Self.file("8 hours"))
                whole.collector?.hangUp()
                try await until { try chunkInterval(whole) == 28_800 }
                #expect(whole.collector?.terminate() == 0)
            }
        }

        @Test("A wrong file stops it before it begins, and SIGHUP without a file harms nobody")
        func start() async throws {
            let edition = try #require(TestEdition.all.first)
            try await withTestDatabase(edition) { database in
                let whole = try Whole(edition, database)
                let file = try whole.write("policies.yaml", Self.file("12 parsecs"))
                let process = try whole.start("hyperstep-collector", ["serve", "--policies-file", file])
                #expect(process.wait().status != 0)
                #expect(process.errors.contains("hypertables.experiments.chunk_interval"))
                try whole.startCollector()
                let collector = try #require(whole.collector)
                try await until { collector.errors.contains("keeping the policies") }
                collector.hangUp()
                try await until { collector.errors.contains("there is no policy file") }
                #expect(collector.terminate() == 0)
            }
        }

        @Test("SIGTERM ends it while a statement of its waits in the database", arguments: TestEdition.all)
        func terminate(edition: TestEdition) async throws {
            try await withTestDatabase(edition) { database in
                let whole = try Whole(edition, database)
                let holder = try database.connect()
                // Reading the schema's state is the first thing that it does.
                try holder.execute("BEGIN; LOCK TABLE hyperstep_schema_migrations")
                try whole.startCollector()
                try await until {
                    try database.connect().query(
                        """
                        SELECT count(*) FROM pg_stat_activity
                        WHERE application_name = 'hyperstep-collector policies' AND wait_event_type = 'Lock'
                          AND datname = current_database()
                        """
                    ).int64(0, 0) == 1
                }
                #expect(whole.collector?.terminate() == 0)
            }
        }
    }
}
