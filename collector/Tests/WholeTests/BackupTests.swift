import Foundation
import Hyperstep
import HyperstepPostgres
import TestDatabases
import Testing
import TrainingPattern

extension WholeTests {
    /// The procedures of docs/backup.md, by the commands that stand there.
    @Suite("docs/backup.md", .enabled(if: !Scene.editions.isEmpty, Scene.skipReason))
    struct BackupTests {
        /// A client records from before the first dump to the end. Everything that a finished run recorded has to
        /// survive all of it.
        @Test(
            "A database is dumped in each format, moved to another server, lost and restored while a client records: every row is there once, or counted as missing",
            arguments: Scene.editions)
        func dumpRestoreMove(edition: TestEdition) async throws {
            let scene = try Scene(edition, "backup.md")
            try scene.serve()
            let finished = try scene.train()
            let live = try LiveRun(scene.whole)
            try await live.steps(1_000)
            try await live.committed()
            scene.stopServing()

            let other = try scene.another()
            try other.initialize()
            try other.start()
            scene.others.append(other)
            let before = try Self.move(scene, to: other)
            try scene.serve(on: other)
            try Self.restoreOtherFormats(scene, before)
            try scene.server.stop()
            try await live.steps(300)
            let moved = try await live.committed()
            #expect(try scene.whole.checksum(live.run.id).count >= moved)

            let (restored, lost) = try await Self.lose(scene, on: other, under: live)
            try await live.steps(300)
            try await live.committed()
            let report = await live.finish()
            try scene.expectGap(live, report, from: restored, atLeast: lost)

            let next = try scene.train()
            try scene.expectWhole([finished, next])
            try await Self.ahead(scene)
            #expect(throws: PostgresError.self) {
                try scene.whole.database.connect().execute("DROP TABLE training_metrics")
            }
        }

        /// Dumps in each format while collectors are stopped, and restores the custom one on another server. Returns what
        /// the database has.
        private static func move(_ scene: Scene, to other: PrivateServer) throws -> Contents {
            let before = try Contents(of: scene.server.database("metrics"))
            for block in ["dump", "dump-folder", "dump-sql"] { try scene.run(block) }
            let tables = try scene.server.database("metrics").connect().query(
                scene.page.block("count-tables"))
            #expect(tables.int64(0, 0) ?? 0 > 50)
            try scene.run("restore-roles", on: other)
            try scene.restore("restore-dump", on: other)
            before.expect(try Contents(of: other.database("metrics")))
            // Where the edition can compress, what is compared is compressed.
            let chunks = before.chunks.first { $0.hasPrefix("training_metrics ") } ?? " 0"
            #expect(chunks.hasSuffix(" 0") == (scene.edition.name != "community"), "\(chunks)")
            return before
        }

        /// Restores the other formats in place of the database that has moved.
        private static func restoreOtherFormats(_ scene: Scene, _ before: Contents) throws {
            // They are pg_dump's, and the same in both editions.
            guard scene.edition.name == Scene.editions.first?.name else { return }
            for format in ["restore-folder", "restore-sql"] {
                try scene.run("rename")
                try scene.restore(format, on: scene.server, isChecked: false)
                before.expect(try Contents(of: scene.server.database("metrics")))
                try scene.server.shell("dropdb metrics_before")
            }
        }

        /// The database is lost, and a dump restored in its place that was made before, while the client recorded.
        /// Returns how many steps the dump had, and how many were acked after it.
        private static func lose(_ scene: Scene, on other: PrivateServer, under live: LiveRun) async throws
            -> (restored: Int, lost: Int)
        {
            try scene.run("dump", on: other)
            try await live.steps(300)
            let acked = try await live.committed()
            scene.stopServing()
            try scene.run("rename", on: other)
            try scene.restore("restore-dump", on: other)
            let restored = try scene.whole.count(live.run.id)
            #expect(restored > 0 && restored < acked)
            try scene.serve(on: other)
            return (restored, acked - restored)
        }

        /// A client's disk goes back to an older state, which holds records that were not committed then and are now.
        private static func ahead(_ scene: Scene) async throws {
            let run = UUID()
            let progress = ProgressFile()
            defer { progress.remove() }
            let trainer = try scene.whole.startTrainer(
                runs: [run], ["--progress", progress.path, "--pace", "200"])
            try await until { try scene.whole.lastStep(run) >= 300 }
            scene.stopServing()
            let committed = try scene.whole.lastStep(run)
            try await until { try progress.read().first ?? 0 >= committed + 500 }
            // Stopped, so that the copy is of one moment.
            trainer.send(SIGSTOP)
            let copy = scene.whole.directory + ".copy"
            try FileManager.default.copyItem(atPath: scene.whole.directory, toPath: copy)
            let copied = try progress.read().first ?? 0
            trainer.send(SIGCONT)
            try scene.serve(on: scene.others.last)
            try await until { try scene.whole.lastStep(run) >= copied + 500 }
            trainer.kill()
            try scene.whole.replay()
            let count = try scene.whole.count(run)

            try FileManager.default.removeItem(atPath: scene.whole.directory)
            try FileManager.default.moveItem(atPath: copy, toPath: scene.whole.directory)
            let (_, output) = try scene.whole.run("hyperstep-collector", ["replay", scene.whole.directory])
            #expect(output.contains("was the file copied or restored? It stays as it is"), "\(output)")
            #expect(try scene.whole.checksum(run) == TrainingChecksum(of: 0..<count))
            // A new run of the same client is not affected.
            let next = try scene.train(steps: 500)
            #expect(try scene.whole.checksum(next) == TrainingChecksum(of: 0..<500))
            #expect(try scene.whole.checksum(run) == TrainingChecksum(of: 0..<count))
        }

        @Test(
            "A server goes back to the moment before a mistake, and moves to a replica, while a client records: what was acked after that moment is missing, all else is there once",
            arguments: Scene.editions.prefix(1))
        func pointInTime(edition: TestEdition) async throws {
            let scene = try Scene(edition, "backup.md")
            try scene.run("archive")
            try scene.server.stop()
            try scene.server.start()
            try scene.serve()
            let live = try LiveRun(scene.whole)
            try await live.steps(300)
            try scene.run("base-backup")
            try await live.steps(300)
            let least = try await live.committed()
            let target = try #require(try scene.text("SELECT clock_timestamp()::text"))
            try await live.steps(300)
            let acked = try await live.committed()
            try scene.server.database("metrics").connect().execute("DROP TABLE training_metrics CASCADE")

            try scene.run("archive-last")
            scene.stopServing()
            try scene.server.stop()
            try scene.run("restore-base", ["TARGET": target])
            try scene.server.start()
            try scene.run("restore-wait")
            let restored = try scene.whole.count(live.run.id)
            // The moment lies between the two.
            #expect((least..<acked).contains(restored))
            try scene.serve()
            try await live.steps(300)
            try await live.committed()

            try await Self.replicate(scene, under: live)
            let report = await live.finish()
            try scene.expectGap(live, report, from: restored, atLeast: acked - restored)
        }

        private static func replicate(_ scene: Scene, under live: LiveRun) async throws {
            let old = ["OLD": scene.server.connectionString]
            let replica = try scene.another()
            try scene.run("replicate", on: replica, old)
            try replica.start()
            try await live.steps(300)
            scene.stopServing()
            try scene.run("promote", on: replica, old)
            let before = try Contents(of: scene.server.database("metrics"))
            before.expect(try Contents(of: replica.database("metrics")))
            try scene.server.stop()
            try scene.serve(on: replica)
            // The scene holds on to it from now on.
            scene.others.append(replica)
            try await live.steps(300)
            try await live.committed()
        }

        @Test("Every block of commands on the page has a name, and is run by a test")
        func blocks() throws {
            let page = try DocumentPage("backup.md")
            #expect(page.nameless == [])
            #expect(
                Set(page.blocks.keys) == [
                    "dump", "dump-folder", "dump-sql", "count-tables", "rename", "restore-roles",
                    "restore-database", "restore-dump", "restore-folder", "restore-sql", "restore-end",
                    "restore-rights", "restore-check", "archive", "base-backup", "archive-last",
                    "restore-base", "restore-wait", "replicate", "promote", "update-extension",
                    "clear-marks", "pg-upgrade",
                ])
        }
    }
}
