import Foundation
import Hyperstep
import HyperstepPostgres
import TestDatabases
import Testing
import TrainingPattern

extension WholeTests {
    /// The procedures of docs/delete.md, by the commands that stand there.
    @Suite("docs/delete.md", .enabled(if: !Scene.editions.isEmpty, Scene.skipReason))
    struct DeleteTests {
        @Test(
            "Runs are deleted from rows, compressed chunks and aggregates, and nothing of others is; a live one goes on under its name with what it records from then on",
            arguments: Scene.editions)
        func delete(edition: TestEdition) async throws {
            let scene = try Scene(edition, "delete.md")
            try scene.save("delete-run.sql")
            try scene.serve()
            let (finished, other) = (try scene.train(), try scene.train())
            let live = try LiveRun(scene.whole)
            try await live.steps(300)
            for run in [Scene.oldRun, finished] {
                #expect(try Self.mentions(of: run, in: scene).count > 3)
                try scene.run("delete-run", ["RUN": run.uuidString])
                let left = try Self.mentions(of: run, in: scene)
                #expect(left == [], "\(run)")
            }
            try scene.expectWhole([other])

            let deleted = try await live.committed()
            try scene.run("delete-run", ["RUN": live.run.id.uuidString])
            try await live.steps(300)
            try await live.committed()
            try await until { try scene.whole.value("name", of: live.run.id) == "live" }
            let report = await live.finish()
            try scene.expectGap(live, report, from: 0, atLeast: deleted)
            #expect(
                try scene.whole.value(
                    "project || ' ' || (SELECT name FROM models WHERE id = model_id)", of: live.run.id)
                    == "live pattern")

            // Aggregates are computed anew from what is left.
            for aggregate in ["training_metrics_minutely", "training_metrics_hourly", "run_metrics_hourly"] {
                try scene.collector("policies", "refresh", aggregate)
            }
            for run in [Scene.oldRun, finished] { #expect(try Self.mentions(of: run, in: scene) == []) }
            try scene.run("delete-project", ["PROJECT": "live"])
            #expect(try Self.mentions(of: live.run.id, in: scene) == [])
            try scene.expectWhole([other])
        }

        /// The tables and views that have a run's id in any column.
        private static func mentions(of run: UUID, in scene: Scene) throws -> [String] {
            let connection = try scene.server.database("metrics").connect()
            let columns = try connection.query(
                """
                SELECT attrelid::regclass::text, attname::text FROM pg_attribute
                JOIN pg_class c ON c.oid = attrelid JOIN pg_namespace n ON n.oid = relnamespace
                WHERE nspname IN ('public', 'hyperstep_internal') AND relkind IN ('r', 'p', 'v', 'm')
                  AND atttypid = 'uuid'::regtype AND attnum > 0
                ORDER BY 1, 2
                """)
            return try (0..<columns.count).compactMap { row in
                guard let table = columns.text(row, 0), let column = columns.text(row, 1) else { return nil }
                let found = try connection.query(
                    "SELECT EXISTS (SELECT FROM \(table) WHERE \(column) = $1)", [.uuid(run)])
                return found.bool(0, 0) == true ? "\(table).\(column)" : nil
            }
        }

        @Test("Every block of commands on the page has a name, and is run by a test")
        func blocks() throws {
            let page = try DocumentPage("delete.md")
            #expect(page.nameless == [])
            #expect(Set(page.blocks.keys) == ["delete-run.sql", "delete-run", "delete-project"])
        }
    }
}
