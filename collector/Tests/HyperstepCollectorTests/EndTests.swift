import HyperstepHTTP2
import HyperstepPolicies
import HyperstepPostgres
import HyperstepWire
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

@Suite("The end of a collector", .timeLimit(.minutes(5)))
struct EndTests {
    @Test(
        "A drain in vain can be waited for again, and its writers end though the database keeps them waiting",
        .needsDatabase, .mayBlock,
        arguments: TestEdition.all)
    func drainInVain(edition: TestEdition) async throws {
        let stream = TestStream()
        var settings = WriterSettings()
        // Whoever goes on trying, goes on for longer than any test.
        settings.attempts = 1_000_000
        settings.lockTimeout = .milliseconds(50)
        try await withTestDatabase(edition) { database in
            _ = try Migrator(database.connect()).run()
            let ingest = try makeIngest(database, settings: settings)
            #expect(await ingest.commitWhenReady(stream.batch(0..<5)) == .committed(nextPosition: 5))
            let holder = try database.connect()
            try holder.execute("BEGIN; SELECT * FROM ingest_streams FOR UPDATE")
            async let outcome = ingest.commit(stream.batch(5..<10))
            while ingest.statistics.snapshot.retries == 0 { try await Task.sleep(for: .milliseconds(5)) }
            // Nothing has ended, however often it is asked.
            for _ in 0..<3 { #expect(await ingest.finished(within: .milliseconds(10)) == false) }
            #expect(await ingest.drain(timeout: .milliseconds(50)) == false)
            guard case .unavailable = await outcome else {
                Issue.record("\(await outcome)")
                return
            }
            // With the lock still held.
            #expect(await ingest.finished(within: .seconds(600)))
            let sessions = """
                SELECT FROM pg_stat_activity
                WHERE datname = current_database() AND application_name LIKE 'hyperstep-collector writer%'
                """
            while try holder.query(sessions).count > 0 { try await Task.sleep(for: .milliseconds(5)) }
            #expect(await ingest.finished(within: .zero))
            #expect(await ingest.drain(timeout: .zero))
            try holder.execute("ROLLBACK")
        }
    }

    @Test("Two shutdowns of a listener both return when the last request is answered")
    func twoShutdowns() async throws {
        let fixture = try await ListenerFixture.start(nil)
        let answer = fixture.client.send(fixture.ingestRequest(try TestStream().batch(0..<9).encoded()))
        try await fixture.sink.waitForBatches(1)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<3 {
                group.addTask { [listener = fixture.listener] in await listener.shutDown() }
            }
            fixture.sink.answerHeld(.committed(nextPosition: 9))
            #expect(try await answer.response.get().status == 200)
            try await fixture.client.close().get()
            try await group.waitForAll()
        }
        await fixture.listener.shutDown()
        #expect(fixture.listener.openConnections == 0)
    }

    @Test("Who waits for something that happens once is told, and one that stops waiting disturbs nobody")
    func oneTimeEvent() async {
        let event = OneTimeEvent()
        #expect(await event.happens(within: .milliseconds(1)) == false)
        let waiting = (0..<10).map { _ in Task { await event.wait() } }
        let cancelled = Task { await event.wait() }
        cancelled.cancel()
        await cancelled.value
        #expect(!event.hasHappened)
        event.happen()
        for task in waiting { await task.value }
        event.happen()
        await event.wait()
        #expect(await event.happens(within: .zero))
    }

    @Test(
        "Stopping the policies keeps no thread of Swift's concurrency while the database does not answer",
        .needsDatabase, .mayBlock)
    func stopOfPolicies() async throws {
        let edition = try #require(TestEdition.all.first)
        try await withTestDatabase(edition) { database in
            let proxy = try await FirstConnectionProxy(to: database.url)
            let url = try PostgresURL(proxy.url)
            let connection = try PostgresConnection(url)
            let states = (0..<System.coreCount + 2).map { _ in PolicyServiceState(.standard) }
            for state in states {
                state.setCancel(connection.makeCancel())
                state.stop()
                state.stop()
                #expect(state.isStopping)
            }
            // Each of them asks the server by now, on a connection that nobody answers.
            while proxy.unanswered < states.count { try await Task.sleep(for: .milliseconds(5)) }
            // As many tasks as there are threads are run all the same.
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<System.coreCount { group.addTask { await Task.yield() } }
            }
            for state in states { state.finish() }
            await proxy.stop()
        }
    }
}

/// A network that passes the first connection on to a server of PostgreSQL and takes all others without a word.
private final class FirstConnectionProxy: Sendable {
    let url: String
    private let channel: any Channel
    private let counts: Counts

    private final class Counts: Sendable {
        let silent = Mutex<[any Channel]>([])
        let isFirst = Mutex(true)
    }

    init(to url: String) async throws {
        let server = try #require(URLComponents(string: url))
        let (host, port) = (server.host ?? "127.0.0.1", server.port ?? 5432)
        let counts = Counts()
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { client in
                let isFirst = counts.isFirst.withLock { isFirst in
                    defer { isFirst = false }
                    return isFirst
                }
                guard isFirst else {
                    counts.silent.withLock { $0.append(client) }
                    return client.eventLoop.makeSucceededVoidFuture()
                }
                return ClientBootstrap(group: client.eventLoop).connect(host: host, port: port)
                    .flatMapThrowing { server in
                        try client.pipeline.syncOperations.addHandler(Forward(to: server))
                        try server.pipeline.syncOperations.addHandler(Forward(to: client))
                    }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        self.counts = counts
        var proxied = server
        (proxied.host, proxied.port) = ("127.0.0.1", channel.localAddress?.port)
        self.url = proxied.string ?? ""
    }

    /// How many connections were taken that nobody answers.
    var unanswered: Int { counts.silent.withLock(\.count) }

    func stop() async {
        try? await channel.close()
        for silent in counts.silent.withLock(\.self) { try? await silent.close() }
    }

    private final class Forward: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let other: any Channel
        init(to other: any Channel) { self.other = other }
        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            other.writeAndFlush(unwrapInboundIn(data), promise: nil)
        }
        func channelInactive(context: ChannelHandlerContext) { other.close(promise: nil) }
    }
}
