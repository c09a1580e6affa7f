import Foundation
import HyperstepHTTP2
import HyperstepPostgres
import HyperstepWire
import NIOCore
import NIOPosix
import TestDatabases
import Testing
import TrainingPattern

extension WholeTests {
    @Suite(
        "A collector's life",
        .needsDatabase, .mayBlock)
    struct CollectorLifeTests {
        /// The first edition at hand: these tests are about the process, not about the database.
        static func withWhole(_ body: (Whole) async throws -> Void) async throws {
            let edition = try #require(TestEdition.all.first)
            try await withTestDatabase(edition) { try await body(Whole(edition, $0)) }
        }

        @Test(
            "SIGTERM under load: what it took is committed and acknowledged, it exits 0, and nothing is lost")
        func terminate() async throws {
            try await Self.withWhole { whole in
                try whole.startCollector()
                let load = try Load(whole, [UUID(), UUID()])
                for _ in 0..<5 {
                    try await Cycles.pause(atMost: 400)
                    #expect(whole.collector?.terminate() == 0)
                    try whole.startCollector()
                }
                try load.finish()
            }
        }

        @Test("SIGTERM as soon as it answers: it exits 0")
        func terminateAtOnce() async throws {
            try await Self.withWhole { whole in
                for _ in 0..<10 {
                    try whole.startCollector()
                    #expect(whole.collector?.terminate() == 0)
                }
            }
        }

        @Test(
            "A collector that was there before its database answers, waits, and then writes",
            .enabled(if: DatabaseServer.mayBeKilled, DatabaseServer.skipReason))
        func beforeDatabase() async throws {
            try await Self.withWhole { whole in
                let server = DatabaseServer(edition: whole.edition)
                try server.kill()
                try whole.startCollector()
                #expect(Health.status(port: whole.port, "/readyz") == 503)
                let run = UUID()
                let trainer = try whole.startTrainer(runs: [run], ["--steps", "5000"])
                try await Cycles.pause(atMost: 300)
                try server.start()
                try await until { Health.status(port: whole.port, "/readyz") == 200 }
                #expect(trainer.wait().status == 0)
                #expect(try whole.checksum(run) == TrainingChecksum(of: 0..<5_000))
            }
        }

        @Test("A database that was not migrated is not written to, and /readyz says so")
        func notMigrated() async throws {
            try await Self.withWhole { whole in
                try whole.database.connect().execute("DROP TABLE hyperstep_schema_migrations")
                try whole.startCollector()
                #expect(Health.status(port: whole.port, "/healthz") == 200)
                #expect(Health.status(port: whole.port, "/readyz") == 503)
            }
        }

        @Test(
            "What it cannot do at start it refuses by name",
            arguments: [
                (["serve", "--listen", "0.0.0.0:4319"], "loopback"),
                (["serve", "--writers", "0"], "writers"),
                (["serve", "--batch-rows", "x"], "batch.rows"), (["serve", "--batch-ms", "x"], "batch.ms"),
                (["serve", "--direct-compress", "x"], "direct.compress"),
                (["serve", "--body-bytes", "x"], "body.bytes"),
                (["serve", "--inflight-bytes", "x"], "inflight.bytes"),
                (["serve", "--shutdown-seconds", "x"], "shutdown.seconds"),
                (["serve", "--listen", "nonsense"], "listen"),
                (["serve", "--config", "/nonexistent"], "/nonexistent"),
                (["replay", "/nonexistent"], "/nonexistent"),
                (["migrate", "--database-url", "nonsense"], "database"),
            ])
        func refusals(arguments: [String], named: String) async throws {
            try await Self.withWhole { whole in
                let process = try whole.start("hyperstep-collector", arguments)
                #expect(process.wait().status != 0)
                let log = try String(contentsOfFile: process.log, encoding: .utf8)
                #expect(log.contains(named), "\(log)")
            }
        }

        @Test("Whatever bytes come, it goes on serving")
        func badInput() async throws {
            try await Self.withWhole { whole in
                try whole.startCollector()
                try await until { Health.status(port: whole.port, "/readyz") == 200 }
                let client = try await HTTP2Client.connect(
                    host: "127.0.0.1", port: whole.port, on: MultiThreadedEventLoopGroup.singleton.any()
                ).get()
                var steps = TrainingSteps(modelID: UUID(), runID: UUID())
                (steps.times, steps.steps, steps.epochs, steps.batches) = ([1], [1], [0], [0])
                let sound = try Batch(
                    stream: UUID(), firstPosition: 0, positionCount: 1, records: .trainingSteps(steps)
                ).encoded()
                var statuses: Set<Int> = []
                for _ in 0..<300 {
                    var body = sound
                    switch Int.random(in: 0..<3) {
                    case 0: body = Array(body.prefix(.random(in: 0..<body.count)))
                    case 1: body = (0..<Int.random(in: 0...400)).map { _ in .random(in: 0...255) }
                    default: body[.random(in: body.indices)] = .random(in: 0...255)
                    }
                    let request = Self.request(whole.port, body)
                    var response = try await client.send(request).response.get()
                    // One of the writers may still be connecting.
                    for _ in 0..<500 where response.status == 503 {
                        try await Task.sleep(for: .milliseconds(10))
                        response = try await client.send(request).response.get()
                    }
                    statuses.insert(response.status)
                    if response.status != 200 {
                        let said = try response.body.withUnsafeReadableBytes { try IngestError(decoding: $0) }
                        #expect(!said.reason.isEmpty)
                        // What else it may be, a person has to see to know why.
                        #expect([400, 409].contains(response.status), "\(response.status) \(said): \(body)")
                    }
                }
                // Damage that leaves a sound batch is committed (200), or is one of a later position (409).
                #expect(statuses.contains(400) && statuses.isSubset(of: [200, 400, 409]), "\(statuses)")
                try await client.close().get()
                for _ in 0..<50 {
                    Health.shout((0..<500).map { _ in .random(in: 0...255) }, port: whole.port)
                }
                let run = UUID()
                #expect(try whole.startTrainer(runs: [run], ["--steps", "1000"]).wait().status == 0)
                #expect(try whole.checksum(run) == TrainingChecksum(of: 0..<1_000))
            }
        }

        private static func request(_ port: Int, _ body: [UInt8]) -> HTTP2Request {
            HTTP2Request(
                method: "POST", scheme: "http", authority: "127.0.0.1:\(port)", path: "/v1/ingest",
                headers: [("content-type", "application/x-protobuf")], body: ByteBuffer(bytes: body))
        }
    }
}
