import Foundation
import HyperstepPostgres
import TestDatabases
import Testing
import TrainingPattern

extension WholeTests {
    @Suite(
        "Nothing is lost and nothing is there twice",
        .needsDatabase, .mayBlock)
    struct KillTests {
        /// Each run holds the steps from the first on, without a gap, each once: all whose call had returned,
        /// and at most the one whose call was under way. So it is with its scalars, the requests that its
        /// monitor counted, what its metrics were given, the events of its experiment and its parameters.
        static func expectExactlyOnce(
            _ whole: Whole, _ runs: [UUID], returned: [Int], sourceLocation: SourceLocation = #_sourceLocation
        ) throws {
            for (run, returned) in zip(runs, returned) {
                let found = try whole.checksum(run)
                #expect((returned...returned + 1).contains(found.count), sourceLocation: sourceLocation)
                #expect(found == TrainingChecksum(of: 0..<found.count), sourceLocation: sourceLocation)
                try whole.expectScalars(run, returned, sourceLocation)
                try whole.expectRequests(run, returned, sourceLocation)
                try whole.expectMetrics(run, returned, sourceLocation)
                try whole.expectEvents(run, returned, sourceLocation)
            }
        }

        @Test("kill -9 of the training process in mid-loop", arguments: TestEdition.all)
        func trainer(edition: TestEdition) async throws {
            try await withTestDatabase(edition) { database in
                let whole = try Whole(edition, database)
                try whole.startCollector()
                for cycle in 0..<Cycles.count {
                    let progress = ProgressFile()
                    defer { progress.remove() }
                    let runs = [UUID(), UUID()]
                    let trainer = try whole.startTrainer(
                        runs: runs,
                        [
                            "--progress", progress.path, "--pace", cycle % 2 == 0 ? "0" : "50", "--all-kinds",
                            "true",
                        ])
                    while !FileManager.default.fileExists(atPath: progress.path) { usleep(1_000) }
                    try await Cycles.pause(atMost: 300)
                    trainer.kill()
                    let returned = try progress.read()
                    // Half of them are sent by the next process in the same directory, half by a replay.
                    if cycle % 4 < 2 {
                        let next = try whole.startTrainer(runs: [UUID()], ["--pace", "1000"])
                        for (run, returned) in zip(runs, returned) {
                            try await until { try whole.count(run) >= returned }
                        }
                        next.kill()
                    }
                    try whole.replay()
                    try Self.expectExactlyOnce(whole, runs, returned: returned)
                }
            }
        }

        @Test("kill -9 of the collector under load", arguments: TestEdition.all)
        func collector(edition: TestEdition) async throws {
            try await withTestDatabase(edition) { database in
                let whole = try Whole(edition, database)
                try whole.startCollector()
                let runs = [UUID(), UUID()]
                let load = try Load(whole, runs)
                for _ in 0..<Cycles.count {
                    try await Cycles.pause(atMost: 250)
                    whole.collector?.kill()
                    try whole.startCollector()
                }
                try load.finish()
            }
        }

        @Test(
            "kill -9 of PostgreSQL under load",
            .enabled(if: DatabaseServer.mayBeKilled, DatabaseServer.skipReason),
            arguments: TestEdition.all)
        func database(edition: TestEdition) async throws {
            try await withTestDatabase(edition) { database in
                let whole = try Whole(edition, database)
                try whole.startCollector()
                let load = try Load(whole, [UUID(), UUID()])
                let server = DatabaseServer(edition: edition)
                for _ in 0..<Cycles.count {
                    try await Cycles.pause(atMost: 400)
                    try server.crash()
                    try await until { Health.status(port: whole.port, "/readyz") == 200 }
                }
                try load.finish()
                #expect(whole.collector?.isRunning == true)
            }
        }

        @Test("A connection cut after COMMIT and before the ack", arguments: TestEdition.all)
        func cut(edition: TestEdition) async throws {
            try await withTestDatabase(edition) { database in
                let whole = try Whole(edition, database)
                try whole.startCollector()
                let proxy = CuttingProxy(to: whole.port, cuttingOneIn: 3)
                defer { proxy.stop() }
                let load = try Load(whole, [UUID(), UUID()], through: try proxy.start())
                try await until { proxy.cuts >= Cycles.count }
                try load.finish()
            }
        }

        @Test(
            "All at once: trainer, collector and PostgreSQL die again and again",
            .enabled(if: DatabaseServer.mayBeKilled, DatabaseServer.skipReason))
        func everything() async throws {
            let edition = try #require(TestEdition.all.first)
            try await withTestDatabase(edition) { database in
                let whole = try Whole(edition, database)
                try whole.startCollector()
                let server = DatabaseServer(edition: edition)
                var expected: [(run: UUID, returned: Int)] = []
                for cycle in 0..<max(Cycles.count / 4, 3) {
                    let progress = ProgressFile()
                    defer { progress.remove() }
                    let run = UUID()
                    let trainer = try whole.startTrainer(
                        runs: [run], ["--progress", progress.path, "--pace", "20", "--all-kinds", "true"])
                    while !FileManager.default.fileExists(atPath: progress.path) { usleep(1_000) }
                    try await Cycles.pause(atMost: 200)
                    if cycle % 2 == 0 { try server.crash() }
                    try await Cycles.pause(atMost: 200)
                    whole.collector?.kill()
                    try await Cycles.pause(atMost: 100)
                    trainer.kill()
                    try whole.startCollector()
                    expected.append((run, try progress.read()[0]))
                }
                try await until { Health.status(port: whole.port, "/readyz") == 200 }
                try whole.replay()
                try Self.expectExactlyOnce(whole, expected.map(\.run), returned: expected.map(\.returned))
            }
        }
    }
}
