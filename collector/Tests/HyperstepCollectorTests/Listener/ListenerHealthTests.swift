import HyperstepHTTP2
import NIOCore
import Testing

@testable import HyperstepCollector

@Suite("Health and readiness", .serialized)
struct ListenerHealthTests {
    private func http1(_ line: String, _ body: String = "") -> [UInt8] {
        Array("\(line) HTTP/1.1\r\nhost: test\r\ncontent-length: \(body.utf8.count)\r\n\r\n\(body)".utf8)
    }

    @Test("Over HTTP/2: alive is always 200, ready is 503 with the reason while it is not")
    func http2() async throws {
        let fixture = try await ListenerFixture.start()
        fixture.probe.set(.notReady(reason: "the schema is not migrated; run migrate"))
        #expect(try await fixture.send("GET", "/healthz").text == "ok\n")
        let notReady = try await fixture.send("GET", "/readyz?verbose=1")
        #expect(notReady.status == 503 && notReady.text == "the schema is not migrated; run migrate\n")
        fixture.probe.set(.ready)
        #expect(try await fixture.send("GET", "/readyz").status == 200)
        let head = try await fixture.send("HEAD", "/readyz")
        #expect(head.status == 200 && head.header("content-length") == "3" && head.body.readableBytes == 0)
        try await fixture.stop()
    }

    @Test("Over HTTP/1.1 the same, one request a connection")
    func http1() async throws {
        let fixture = try await ListenerFixture.start()
        let alive = try await fixture.raw(http1("GET /healthz"))
        #expect(alive.hasPrefix("HTTP/1.1 200 OK\r\n") && alive.hasSuffix("\r\n\r\nok\n"))
        #expect(alive.lowercased().contains("connection: close"))
        fixture.probe.set(.notReady(reason: "no database"))
        let notReady = try await fixture.raw(http1("GET /readyz"))
        #expect(notReady.hasPrefix("HTTP/1.1 503 ") && notReady.hasSuffix("no database\n"))
        let head = try await fixture.raw(http1("HEAD /healthz"))
        #expect(head.hasPrefix("HTTP/1.1 200 ") && head.hasSuffix("\r\n\r\n"))
        try await fixture.stop()
    }

    @Test("Other HTTP/1.1 requests are told to upgrade, whatever they carry")
    func upgradeRequired() async throws {
        let fixture = try await ListenerFixture.start()
        let requests = [
            http1("POST /v1/ingest", "bytes"), http1("GET /"), http1("POST /healthz"), http1("GET /healthzz"),
            http1("POST /v1/ingest", String(repeating: "x", count: 3_000_000)),
        ]
        for request in requests {
            let answer = try await fixture.raw(request)
            #expect(answer.hasPrefix("HTTP/1.1 426 "))
            #expect(answer.contains("upgrade: h2c") && answer.contains("HTTP/2"))
        }
        #expect(fixture.sink.batches.isEmpty)
        #expect(try await fixture.send("GET", "/healthz").status == 200)
        try await fixture.stop()
    }

    @Test("Bytes that are no HTTP at all get an end, and the collector goes on")
    func noHTTP() async throws {
        let fixture = try await ListenerFixture.start()
        var random = SeededGenerator(seed: 11)
        for _ in 0..<20 {
            let noise =
                (0..<500).map { _ in UInt8.random(in: 0...255, using: &random) } + Array("\r\n\r\n".utf8)
            let answer = try await fixture.raw(noise)
            #expect(answer.isEmpty || answer.hasPrefix("HTTP/1.1 4"))
        }
        let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
        for _ in 0..<20 {
            let noise = (0..<500).map { _ in UInt8.random(in: 0...255, using: &random) }
            // A frame that announces more than is allowed, then noise.
            _ = try await fixture.raw(preface + [0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 0, 1] + noise)
        }
        #expect(try await fixture.send("GET", "/healthz").status == 200)
        try await fixture.stop()
    }
}
