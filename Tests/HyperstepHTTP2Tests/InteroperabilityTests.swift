import Foundation
import HyperstepHTTP2
import NIOCore
import NIOPosix
import Synchronization
import Testing

/// Clients and a server of other makers.
@Suite("Interoperability", .serialized)
struct InteroperabilityTests {
    private static let curl = Tool.find("curl")
    private static let nghttp = Tool.find("nghttp")
    private static let h2load = Tool.find("h2load")
    private static let nghttpd = Tool.find("nghttpd")

    private func server(maximumBodyBytes: Int = 8 << 20) async throws -> TestServer {
        var configuration = HTTP2ServerConfiguration()
        configuration.maximumBodyBytes = maximumBodyBytes
        return try await TestServer.start(configuration) { request, responder in
            responder.respond(
                status: 200, headers: [("x-method", request.method)],
                body: request.method == "GET" ? ByteBuffer(string: request.path) : request.body)
        }
    }

    @Test(
        "curl posts a large body and gets it back",
        .enabled(if: curl != nil, "needs curl"), arguments: [0, 5, 3_000_000])
    func curlPost(size: Int) async throws {
        let server = try await server()
        let scratch = try Scratch()
        let body = Array(pattern(size).readableBytesView)
        let sent = try scratch.write(body, to: "sent")
        let received = scratch.url.appendingPathComponent("received")
        let result = try await #require(Self.curl).run([
            "--http2-prior-knowledge", "-sS", "-o", received.path, "-w", "%{http_code} %{http_version}",
            "--data-binary", "@\(sent)", "http://\(server.authority)/echo",
        ])
        #expect(result.output == "200 2")
        #expect(try Array(Data(contentsOf: received)) == body)
        try await server.stop()
    }

    @Test("curl is told 413 while it still sends", .enabled(if: curl != nil, "needs curl"))
    func curlTooLarge() async throws {
        let server = try await server(maximumBodyBytes: 10_000)
        let scratch = try Scratch()
        let file = try scratch.write([UInt8](repeating: 65, count: 5_000_000), to: "sent")
        for announced in [true, false] {
            let result = try await #require(Self.curl).run(
                [
                    "--http2-prior-knowledge", "-sS", "-o", "/dev/null", "-w", "%{http_code}",
                    "http://\(server.authority)/",
                ] + (announced ? ["--data-binary", "@\(file)"] : ["-X", "POST", "-T", file])
                    + (announced ? [] : ["-H", "content-length:"]))
            #expect(result.output == "413")
        }
        try await server.stop()
    }

    @Test(
        "nghttp sends trailers, padding, waits for 100, and is answered",
        .enabled(if: nghttp != nil, "needs nghttp"))
    func nghttpVariants() async throws {
        let server = try await server()
        let scratch = try Scratch()
        let file = try scratch.write(Array("hello".utf8), to: "sent")
        for options in [["--trailer", "x-sum: 1"], ["-b", "100"], ["--expect-continue"], ["-w", "16"], []] {
            let result = try await #require(Self.nghttp).run(
                options + ["-v", "--data=\(file)", "http://\(server.authority)/echo"])
            #expect(result.status == 0)
            #expect(result.output.contains("x-method: POST"), "\(options)")
            #expect(result.output.contains("hello"), "\(options)")
            #expect(!options.contains("--expect-continue") || result.output.contains(":status: 100"))
        }
        try await server.stop()
    }

    @Test(
        "h2load: 20,000 requests on 4 connections, every one answered 200",
        .enabled(if: h2load != nil, "needs h2load"))
    func load() async throws {
        let server = try await server()
        let scratch = try Scratch()
        let file = try scratch.write(Array(pattern(500).readableBytesView), to: "sent")
        let result = try await #require(Self.h2load).run([
            "-n", "20000", "-c", "4", "-m", "32", "-d", file, "http://\(server.authority)/",
        ])
        #expect(result.output.contains("20000 succeeded, 0 failed, 0 errored, 0 timeout"))
        #expect(result.output.contains("20000 2xx, 0 3xx, 0 4xx, 0 5xx"))
        try await server.stop()
    }

    @Test("Our client uploads to and downloads from nghttpd", .enabled(if: nghttpd != nil, "needs nghttpd"))
    func clientAgainstNghttpd() async throws {
        let scratch = try Scratch()
        let content = pattern(700_000)
        _ = try scratch.write(Array(content.readableBytesView), to: "file")
        let (process, port, client) = try await Self.startNghttpd(serving: scratch.url.path)
        // Not SIGTERM: tests of signals have this process ignore it for a while, and what it starts then does so, too.
        defer { kill(process.processIdentifier, SIGKILL) }
        var request = HTTP2Request(method: "GET", authority: "127.0.0.1:\(port)", path: "/file")
        let download = try await client.send(request).response.get()
        #expect(download.status == 200 && download.body == content)
        request = HTTP2Request(
            method: "POST", authority: "127.0.0.1:\(port)", path: "/echo", body: pattern(300_000, seed: 5))
        let exchanges = (0..<20).map { _ in client.send(request) }
        for exchange in exchanges {
            let echo = try await exchange.response.get()
            #expect(echo.status == 200 && echo.body == request.body)
        }
        try await client.close().get()
    }
    /// nghttpd cannot be asked which port it took: it is given one that was free a moment ago, and another where
    /// somebody else was faster.
    private static func startNghttpd(
        serving folder: String
    ) async throws -> (process: Process, port: Int, client: HTTP2Client) {
        let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        for _ in 0..<20 {
            let probe = try await TestServer.start { _, _ in }
            let port = probe.port
            try await probe.stop()
            let process = try #require(Self.nghttpd).start([
                "--no-tls", "-a", "127.0.0.1", "-d", folder, "--echo-upload", "\(port)",
            ])
            while process.isRunning {
                let connecting = HTTP2Client.connect(host: "127.0.0.1", port: port, on: eventLoop)
                if let client = try? await connecting.get() { return (process, port, client) }
                try await Task.sleep(for: .milliseconds(10))
            }
        }
        throw CocoaError(.executableLoad, userInfo: [NSDebugDescriptionErrorKey: "nghttpd found no port"])
    }
}
