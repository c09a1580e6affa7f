import HyperstepPostgres
import NIOCore
import NIOPosix
import Synchronization
import TestDatabases
import Testing

@testable import HyperstepCollector

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

@Suite("A database that takes connections and never answers", .timeLimit(.minutes(20)))
struct SilentDatabaseTests {
    /// What takes connections and never answers.
    private final class SilentServer: Sendable {
        private let channel: any Channel
        private let connections: Connections

        private final class Connections: Sendable {
            let all = Mutex<[any Channel]>([])
        }

        init() async throws {
            let connections = Connections()
            channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .childChannelInitializer { child in
                    connections.all.withLock { $0.append(child) }
                    return child.eventLoop.makeSucceededVoidFuture()
                }
                .bind(host: "127.0.0.1", port: 0).get()
            self.connections = connections
        }

        /// How many were taken.
        var count: Int { connections.all.withLock(\.count) }

        /// Whoever connects waits for longer than any test.
        func url() throws -> PostgresURL {
            try PostgresURL(
                "postgresql://nobody@127.0.0.1:\(channel.localAddress?.port ?? 0)/none?connect_timeout=3600")
        }

        func stop() async {
            try? await channel.close()
            for connection in connections.all.withLock(\.self) { try? await connection.close() }
        }
    }

    @Test("A question about a run is answered in time, and takes its place until the connection is given up")
    func question() async throws {
        let server = try await SilentServer()
        let runs = DatabaseRuns(url: try server.url(), timeout: .milliseconds(50))
        for _ in 0..<4 {
            let expected = "the database gives no answer within \(Duration.milliseconds(50))"
            #expect(await runs.find(UUID()) == .unavailable(reason: expected))
        }
        #expect(
            await runs.find(UUID()) == .unavailable(reason: "too many ask about runs; ask again later"))
        await server.stop()
        while case .unavailable("too many ask about runs; ask again later") = await runs.find(UUID()) {
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    @Test("Whoever probes is answered in time, and one connection is waited for however many probe")
    func probe() async throws {
        let server = try await SilentServer()
        let readiness = DatabaseReadiness(
            url: try server.url(), validity: .zero, timeout: .milliseconds(50))
        let late = Readiness.notReady(
            reason: "the database gives no answer within \(Duration.milliseconds(50))")
        while server.count == 0 { #expect(await readiness.check() == late) }
        for _ in 0..<4 { #expect(await readiness.check() == late) }
        #expect(server.count == 1)
        await server.stop()
        // Once the connection is given up the reason is the connection's.
        while await readiness.check() == late {}
    }

    @Test(
        "Readiness does not wait behind questions, however many hang",
        .needsDatabase, .mayBlock)
    func readiness() async throws {
        let edition = try #require(TestEdition.all.first)
        try await withTestDatabase(edition) { database in
            _ = try Migrator(database.connect()).run()
            let server = try await SilentServer()
            let url = try server.url()
            let count = System.coreCount + 1
            await withTaskGroup(of: RunFinding.self) { group in
                for _ in 0..<count {
                    let runs = DatabaseRuns(url: url, timeout: .seconds(3_600))
                    group.addTask { await runs.find(UUID()) }
                }
                while server.count < count {
                    try? await Task.sleep(for: .milliseconds(5))
                }
                if let url = try? PostgresURL(database.url) {
                    #expect(await DatabaseReadiness(url: url, timeout: .seconds(600)).check() == .ready)
                }
                await server.stop()
                for await finding in group {
                    guard case .unavailable = finding else {
                        Issue.record("it told something")
                        continue
                    }
                }
            }
        }
    }
}
