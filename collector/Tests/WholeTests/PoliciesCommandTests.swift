import Foundation
import HyperstepPostgres
import TestDatabases
import Testing

extension WholeTests {
    @Suite(
        "The command policies",
        .needsCommunity, .mayBlock)
    struct PoliciesCommandTests {
        static let file = """
            hypertables:
              training_metrics: {chunk_interval: 2 hours}
              experiments: {retention: 90 days}
            """

        private static func withCommunity(_ body: (Whole) async throws -> Void) async throws {
            let edition = try #require(TestEdition.community)
            try await withTestDatabase(edition) { try await body(Whole(edition, $0)) }
        }

        @Test("plan prints a line for each change, statements if asked, and changes nothing")
        func plan() async throws {
            try await Self.withCommunity { whole in
                let file = try whole.write("policies.yaml", Self.file)
                let arguments = ["policies", "plan", "--policies-file", file]
                let (status, output) = try whole.run("hyperstep-collector", arguments)
                #expect(status == 0)
                let lines = output.split(separator: "\n")
                #expect(lines.contains { $0.hasPrefix("training_metrics.chunk_interval:") })
                #expect(lines.contains { $0.hasSuffix(" 1 hour → 2 hours") })
                #expect(
                    lines.contains {
                        $0.hasPrefix("experiments.retention:") && $0.hasSuffix("never → 90 days")
                    })
                #expect(!output.contains("SELECT"))
                let (_, again) = try whole.run("hyperstep-collector", arguments + ["--sql"])
                #expect(
                    again.contains("hyperstep_internal.set_retention('experiments', INTERVAL '90 days');"))
                #expect(lines.count < again.split(separator: "\n").count)
            }
        }

        @Test("plan as JSON is one object with the keys that docs/policies.md names")
        func json() async throws {
            try await Self.withCommunity { whole in
                let file = try whole.write("policies.yaml", Self.file)
                let (status, output) = try whole.run(
                    "hyperstep-collector", ["policies", "plan", "--format", "json", "--policies-file", file])
                #expect(status == 0)
                let object = try #require(
                    try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any])
                #expect(Set(object.keys) == ["changes", "edition", "notes"])
                #expect(object["edition"] as? String == "community")
                let changes = try #require(object["changes"] as? [[String: Any]])
                let keys: Set = [
                    "relation", "setting", "from", "to", "sql", "drops_data", "loss", "needs_owner",
                ]
                #expect(!changes.isEmpty && changes.allSatisfy { Set($0.keys) == keys })
                #expect(
                    changes.contains {
                        $0["setting"] as? String == "retention" && $0["drops_data"] as? Bool == true
                    })
            }
        }

        @Test("apply without a terminal refuses what drops data and does the rest; with --yes it does all")
        func apply() async throws {
            try await Self.withCommunity { whole in
                let file = try whole.write("policies.yaml", Self.file)
                let arguments = ["policies", "apply", "--policies-file", file]
                let (status, output) = try whole.run("hyperstep-collector", arguments)
                #expect(status == 1)
                let refused = output.split(separator: "\n").filter { $0.contains("skipped") }
                #expect(refused.count == 1 && refused[0].contains("--yes"))
                let (planned, plan) = try whole.run(
                    "hyperstep-collector", ["policies", "plan", "--policies-file", file])
                #expect(planned == 0 && plan.contains("experiments.retention: never → 90 days"))
                let (done, json) = try whole.run(
                    "hyperstep-collector", arguments + ["--yes", "--format", "json"])
                #expect(
                    done == 0 && json.contains("\"outcome\":\"done\"") && json.contains("\"reason\":null"))
                let (again, nothing) = try whole.run("hyperstep-collector", arguments)
                #expect(again == 0 && nothing.contains("the database has what is declared"))
            }
        }

        @Test(
            "On a terminal it asks, and only yes is a yes",
            arguments: [("yes", true), ("y", false), ("", false)])
        func terminal(answer: String, isDone: Bool) async throws {
            try await Self.withCommunity { whole in
                let file = try whole.write("policies.yaml", Self.file)
                let terminal = try PseudoTerminal()
                let process = try whole.start(
                    "hyperstep-collector", ["policies", "apply", "--policies-file", file],
                    input: terminal.program)
                terminal.type(answer)
                let (status, output) = process.wait()
                #expect(process.errors.contains("experiments.retention: never → 90 days"))
                #expect(status == (isDone ? 0 : 1))
                #expect(output.contains("skipped") != isDone)
            }
        }

        @Test("A wrong policy file is told by line and key, before any database is asked")
        func wrongFile() async throws {
            try await Self.withCommunity { whole in
                let file = try whole.write(
                    "policies.yaml", "hypertables: {experiments: {retention: 1 minute}}")
                for command in ["plan", "apply"] {
                    let process = try whole.start(
                        "hyperstep-collector", ["policies", command, "--policies-file", file])
                    #expect(process.wait().status != 0)
                    #expect(process.errors.contains("policies.yaml:1: hypertables.experiments.retention"))
                }
            }
        }

        @Test("A database that was not migrated is refused with what to run")
        func notMigrated() async throws {
            try await Self.withCommunity { whole in
                try whole.database.connect().execute("DROP TABLE hyperstep_schema_migrations")
                let process = try whole.start("hyperstep-collector", ["policies", "plan"])
                #expect(process.wait().status != 0)
                #expect(process.errors.contains("hyperstep-collector migrate"))
            }
        }

        @Test(
            "refresh computes a window, and refuses an aggregate that there is not",
            arguments: TestEdition.all)
        func refresh(edition: TestEdition) throws {
            try withTestDatabase(edition) { database in
                let whole = try Whole(edition, database)
                let connection = try database.connect()
                try connection.execute(
                    """
                    INSERT INTO run_metrics (time, run_id, metric_id, step, value)
                    SELECT '2026-01-01'::timestamptz + i * INTERVAL '1 minute',
                           '00000000-0000-0000-0000-000000000001', 1, i, i FROM generate_series(0, 119) i
                    """)
                let (status, _) = try whole.run(
                    "hyperstep-collector",
                    [
                        "policies", "refresh", "run_metrics_hourly", "--from", "2025-12-31", "--to",
                        "2026-01-02",
                    ])
                #expect(status == 0)
                let rows = try connection.query("SELECT sum(sample_count)::int8 FROM run_metrics_hourly")
                #expect(rows.int64(0, 0) == 120)
                let process = try whole.start("hyperstep-collector", ["policies", "refresh", "nonsense"])
                #expect(process.wait().status != 0)
                #expect(process.errors.contains("nonsense"))
            }
        }
    }
}
