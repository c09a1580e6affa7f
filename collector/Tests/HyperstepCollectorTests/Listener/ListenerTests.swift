import HyperstepHTTP2
import HyperstepWire
import Logging
import NIOCore
import ServiceLifecycle
import Testing

@testable import HyperstepCollector

@Suite("The listener", .serialized)
struct ListenerTests {
    @Test("A batch reaches the sink as it was sent, and the ack says what it committed")
    func committed() async throws {
        let fixture = try await ListenerFixture.start()
        let batch = TestStream().batch(0..<50)
        let bytes = try batch.encoded()
        let response = try await fixture.ingest(bytes)
        #expect(response.status == 200)
        #expect(response.header("content-type") == "application/x-protobuf")
        #expect(response.ingestAck == IngestAck(stream: batch.stream, nextPosition: 7))
        #expect(fixture.sink.batches == [batch])
        #expect(fixture.sink.bytes == bytes.count)
        try await fixture.stop()
    }

    @Test("Every outcome has its status, and retry-after is at least a second and never too short")
    func outcomes() async throws {
        let fixture = try await ListenerFixture.start()
        let batch = TestStream().batch(0..<3)
        let bytes = try batch.encoded()

        fixture.sink.answer(with: .rejected(Refusal(reason: "no", count: 2), nextPosition: 3))
        var response = try await fixture.ingest(bytes)
        #expect(response.status == 200)
        #expect(
            response.ingestAck
                == IngestAck(stream: batch.stream, nextPosition: 3, rejectedReason: "no", rejectedCount: 2))

        fixture.sink.answer(with: .gap(nextPosition: 99))
        response = try await fixture.ingest(bytes)
        #expect(response.status == 409)
        #expect(response.ingestError?.nextPosition == 99)
        #expect(response.ingestError?.field == "first_position")

        fixture.sink.answer(
            with: .unavailable(reason: "the database is away", retryAfter: .milliseconds(1500)))
        response = try await fixture.ingest(bytes)
        #expect(response.status == 503 && response.header("retry-after") == "2")
        #expect(response.ingestError?.reason == "the database is away")

        fixture.sink.answer(with: .overloaded(retryAfter: .zero))
        response = try await fixture.ingest(bytes)
        #expect(response.status == 429 && response.header("retry-after") == "1")
        try await fixture.stop()
    }

    @Test("Many batches in flight on one connection are answered each with its own")
    func manyInFlight() async throws {
        let fixture = try await ListenerFixture.start(nil)
        let batches = (0..<20).map { _ in TestStream().batch(0..<100) }
        let exchanges = try batches.map { fixture.client.send(fixture.ingestRequest(try $0.encoded())) }
        try await fixture.sink.waitForBatches(20)
        #expect(fixture.listener.bytesInFlight == fixture.sink.bytes)
        fixture.sink.answerHeld(.committed(nextPosition: 100))
        for (batch, exchange) in zip(batches, exchanges) {
            #expect(try await exchange.response.get().ingestAck?.stream == batch.stream)
        }
        #expect(fixture.listener.bytesInFlight == 0)
        try await fixture.stop()
    }

    @Test("Beyond the bound on bytes in flight a batch is answered 503, and taken when there is room again")
    func bytesInFlight() async throws {
        let bytes = try TestStream().batch(0..<1000).encoded()
        let fixture = try await ListenerFixture.start(nil) { $0.maximumBytesInFlight = bytes.count + 10 }
        let held = fixture.client.send(fixture.ingestRequest(bytes))
        try await fixture.sink.waitForBatches(1)
        let refused = try await fixture.ingest(bytes)
        #expect(refused.status == 503 && refused.header("retry-after") == "1")
        #expect(refused.ingestError?.reason.contains("\(bytes.count + 10)") == true)
        fixture.sink.answerHeld(.committed(nextPosition: 1))
        #expect(try await held.response.get().status == 200)
        fixture.sink.answer(with: .committed(nextPosition: 1))
        #expect(try await fixture.ingest(bytes).status == 200)
        try await fixture.stop()
    }

    @Test("A client that goes away before its answer disturbs nobody")
    func clientGone() async throws {
        let fixture = try await ListenerFixture.start(nil)
        let other = try await ListenerFixture.connect(to: fixture.listener)
        let exchange = other.send(fixture.ingestRequest(try TestStream().batch(0..<3).encoded()))
        try await fixture.sink.waitForBatches(1)
        try await other.close().get()
        _ = try? await exchange.response.get()
        fixture.sink.answerHeld(.committed(nextPosition: 3))
        while fixture.listener.bytesInFlight > 0 { try await Task.sleep(for: .milliseconds(1)) }
        #expect(try await fixture.send("GET", "/healthz").status == 200)
        try await fixture.stop()
    }

    @Test("Connections beyond the bound are closed as they come, and there is room when one leaves")
    func maximumConnections() async throws {
        let fixture = try await ListenerFixture.start { $0.maximumConnections = 1 }
        #expect(try await fixture.raw(Array("GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n".utf8)).isEmpty)
        try await fixture.client.close().get()
        while fixture.listener.openConnections > 0 { try await Task.sleep(for: .milliseconds(1)) }
        let answer = try await fixture.raw(Array("GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n".utf8))
        #expect(answer.hasPrefix("HTTP/1.1 200 "))
        await fixture.listener.shutDown()
    }

    @Test("A port that is taken is an error that names the address and the flag")
    func portTaken() async throws {
        let fixture = try await ListenerFixture.start()
        var settings = ListenerSettings()
        settings.address = fixture.listener.localAddress
        let error = await #expect(throws: ListenerError.self) {
            _ = try await CollectorListener.bind(
                settings, sink: fixture.sink, readiness: fixture.probe, logger: .init(label: "test"))
        }
        #expect(error?.description.contains("\(settings.address)") == true)
        #expect(error?.description.contains("--listen") == true)
        try await fixture.stop()
    }

    @Test("A graceful shutdown answers what is in flight, takes nothing new, and ends the service")
    func gracefulShutdown() async throws {
        let fixture = try await ListenerFixture.start(nil)
        let group = ServiceGroup(
            services: [fixture.listener], logger: .init(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let running = Task { try await group.run() }
        let inFlight = fixture.client.send(
            fixture.ingestRequest(try TestStream().batch(0..<3).encoded()))
        try await fixture.sink.waitForBatches(1)
        await group.triggerGracefulShutdown()
        // The client learns of it, and what it sends from then on was certainly not acted on.
        var refusal: HTTP2Error?
        while refusal == nil {
            do {
                _ = try await fixture.send("GET", "/healthz")
            } catch {
                refusal = error as? HTTP2Error
            }
        }
        #expect(refusal?.isRetryable == true)
        fixture.sink.answerHeld(.committed(nextPosition: 3))
        #expect(try await inFlight.response.get().ingestAck?.nextPosition == 3)
        try await running.value
        try await fixture.client.closeFuture.get()
        await #expect(throws: HTTP2Error.self) { _ = try await ListenerFixture.connect(to: fixture.listener) }
    }

    @Test(
        "A shutdown answers a question under way, and waits for nobody who has not asked",
        arguments: [
            "", "PRI * HT", "GET /healthz HTTP/1.1\r\nho", "GET /readyz HTTP/1.1\r\nhost: a\r\n\r\n",
        ])
    func shutdownOfOtherConnections(start: String) async throws {
        let fixture = try await ListenerFixture.start { $0.drainTimeout = .seconds(600) }
        fixture.probe.hold()
        let asked = Task { try await fixture.raw(Array(start.utf8)) }
        while fixture.listener.openConnections < 2 { try await Task.sleep(for: .milliseconds(1)) }
        if start.contains("readyz") { try await fixture.probe.waitUntilAsked() }
        let stopped = Task { try await fixture.stop() }
        if start.contains("readyz") {
            try await fixture.client.closeFuture.get()
            fixture.probe.letGo()
        }
        #expect(try await asked.value.hasPrefix("HTTP/1.1 200 ") == start.contains("readyz"))
        try await stopped.value
    }

    @Test("A shutdown does not wait for ever for a sink that never answers")
    func drainTimeout() async throws {
        let fixture = try await ListenerFixture.start(nil) { $0.drainTimeout = .milliseconds(50) }
        let inFlight = fixture.client.send(
            fixture.ingestRequest(try TestStream().batch(0..<3).encoded()))
        try await fixture.sink.waitForBatches(1)
        await fixture.listener.shutDown()
        await #expect(throws: HTTP2Error.self) { _ = try await inFlight.response.get() }
        await fixture.listener.shutDown()
    }
}
