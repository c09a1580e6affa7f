import HyperstepHTTP2
import NIOCore
import NIOPosix
import Synchronization
import Testing

/// Client and server on real sockets.
@Suite("Client and server over loopback", .serialized)
struct ClientServerTests {
    /// Answers with the request's own body and path.
    private static let echo: Respond = { request, responder in
        responder.respond(status: 200, headers: [("x-path", request.path)], body: request.body)
    }

    @Test("A request and its answer arrive whole")
    func roundTrip() async throws {
        let server = try await TestServer.start(respond: Self.echo)
        let client = try await server.client()
        let exchange = client.send(server.post("/a?b=c", ByteBuffer(string: "hello")))
        try await exchange.bodySent.get()
        let response = try await exchange.response.get()
        #expect(response.status == 200)
        #expect(response.header("x-path") == "/a?b=c")
        #expect(response.header("content-length") == "5")
        #expect(response.body == ByteBuffer(string: "hello"))
        try await client.close().get()
        try await server.stop()
    }

    @Test("Large bodies pass both ways unchanged, several at once", arguments: [100_000, 1_000_000, 8 << 20])
    func largeBodies(size: Int) async throws {
        let server = try await TestServer.start(respond: Self.echo)
        var configuration = HTTP2ClientConfiguration.patient
        configuration.maximumResponseBytes = 8 << 20
        let client = try await server.client(configuration)
        let bodies = (1...4).map { pattern(size - $0, seed: UInt64($0)) }
        let exchanges = bodies.map { client.send(server.post("/", $0)) }
        for (body, exchange) in zip(bodies, exchanges) {
            let response = try await exchange.response.get()
            #expect(response.body == body)
        }
        try await client.close().get()
        try await server.stop()
    }

    @Test("Thousands of requests on one connection, chained by bodySent, arrive in order")
    func orderOfArrival() async throws {
        let count = 5000
        let arrived = Mutex<[Int]>([])
        let server = try await TestServer.start { request, responder in
            arrived.withLock { $0.append(Int(request.path.dropFirst()) ?? -1) }
            responder.respond(status: 204)
        }
        let client = try await server.client()
        var responses: [EventLoopFuture<HTTP2Response>] = []
        var random = SplitMix64(state: 3)
        for index in 0..<count {
            let size = Int.random(in: 0...2000, using: &random)
            let exchange = client.send(server.post("/\(index)", pattern(size)))
            try await exchange.bodySent.get()
            responses.append(exchange.response)
            if responses.count == 50 {
                for response in responses { #expect(try await response.get().status == 204) }
                responses.removeAll()
            }
        }
        for response in responses { #expect(try await response.get().status == 204) }
        #expect(arrived.withLock { $0 } == Array(0..<count))
        try await client.close().get()
        try await server.stop()
    }

    @Test("Large bodies chained by bodySent arrive in order although none is answered before the last")
    func orderWithoutAnswers() async throws {
        let held = Mutex<[(String, HTTP2Responder)]>([])
        let all = MultiThreadedEventLoopGroup.singleton.next().makePromise(of: Void.self)
        let server = try await TestServer.start { request, responder in
            let count = held.withLock { held in
                held.append((request.path, responder))
                return held.count
            }
            if count == 8 { all.succeed() }
        }
        let client = try await server.client()
        var responses: [EventLoopFuture<HTTP2Response>] = []
        for index in 0..<8 {
            let exchange = client.send(server.post("/\(index)", pattern(1_500_000)))
            try await exchange.bodySent.get()
            responses.append(exchange.response)
        }
        try await all.futureResult.get()
        #expect(held.withLock { $0.map(\.0) } == (0..<8).map { "/\($0)" })
        for (_, responder) in held.withLock({ $0 }) { responder.respond(status: 204) }
        for response in responses { #expect(try await response.get().status == 204) }
        try await client.close().get()
        try await server.stop()
    }

    @Test("A server that releases nothing stops the client, and one that does lets it go on")
    func connectionBackpressure() async throws {
        var configuration = HTTP2ServerConfiguration()
        configuration.connectionWindowBytes = 1 << 20
        let held = Mutex<[HTTP2Responder]>([])
        let server = try await TestServer.start(configuration) { _, responder in
            held.withLock { $0.append(responder) }
        }
        let client = try await server.client()
        async let responses = sendChained(16, server.post("/", pattern(300_000)), client)
        // Three bodies fit the window; what comes after them waits.
        var answered = 0
        while answered < 16 {
            let responders = held.withLock { held in
                defer { held = [] }
                return held
            }
            #expect(responders.count <= 3)
            for responder in responders { responder.respond(status: 204) }
            answered += responders.count
            if responders.isEmpty { try await Task.sleep(for: .milliseconds(2)) }
        }
        for response in try await responses { #expect(try await response.get().status == 204) }
        try await client.close().get()
        try await server.stop()
    }

    /// Sends a request several times, each when the one before is with the kernel.
    private func sendChained(
        _ count: Int, _ request: HTTP2Request, _ client: HTTP2Client
    ) async throws -> [EventLoopFuture<HTTP2Response>] {
        var responses: [EventLoopFuture<HTTP2Response>] = []
        for _ in 0..<count {
            let exchange = client.send(request)
            try await exchange.bodySent.get()
            responses.append(exchange.response)
        }
        return responses
    }

    @Test("send is safe from many threads at once")
    func sendFromAnyThread() async throws {
        let server = try await TestServer.start(respond: Self.echo)
        let client = try await server.client()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<8 {
                group.addTask {
                    for index in 0..<100 {
                        let response = try await client.send(server.post("/\(task)/\(index)")).response.get()
                        #expect(response.header("x-path") == "/\(task)/\(index)")
                    }
                }
            }
            try await group.waitForAll()
        }
        try await client.close().get()
        try await server.stop()
    }

    @Test("Answers from other threads reach their requests")
    func answersFromAnyThread() async throws {
        let pool = NIOThreadPool(numberOfThreads: 2)
        pool.start()
        let server = try await TestServer.start { request, responder in
            pool.submit { _ in responder.respond(status: 200, headers: [("x-path", request.path)]) }
        }
        let client = try await server.client()
        let exchanges = (0..<100).map { client.send(server.post("/\($0)")) }
        for (index, exchange) in exchanges.enumerated() {
            #expect(try await exchange.response.get().header("x-path") == "/\(index)")
        }
        try await client.close().get()
        try await server.stop()
        try await pool.shutdownGracefully()
    }

    @Test("A body above the server's bound is answered 413; its body is reported as not sent")
    func tooLarge() async throws {
        var configuration = HTTP2ServerConfiguration()
        configuration.maximumBodyBytes = 100_000
        let server = try await TestServer.start(configuration, respond: Self.echo)
        let client = try await server.client()
        let exchange = client.send(server.post("/", pattern(8_000_000)))
        #expect(try await exchange.response.get().status == 413)
        #expect(await failure(of: exchange.bodySent)?.code == .bodyNotSent)
        let next = try await client.send(server.post("/", pattern(1000))).response.get()
        #expect(next.body == pattern(1000))
        try await client.close().get()
        try await server.stop()
    }

    @Test("Beyond the budget the answer is 503 with retry-after, and afterwards there is room again")
    func overBudget() async throws {
        let budget = HTTP2ByteBudget(limit: 100_000)
        var configuration = HTTP2ServerConfiguration()
        configuration.budget = budget
        let held = Mutex<[HTTP2Responder]>([])
        let server = try await TestServer.start(configuration) { _, responder in
            held.withLock { $0.append(responder) }
        }
        let (first, second) = (try await server.client(), try await server.client())
        let kept = first.send(server.post("/", pattern(90_000)))
        try await kept.bodySent.get()
        while held.withLock({ $0.isEmpty }) { await Task.yield() }
        #expect(budget.bytesInFlight == 90_000)
        let refused = try await second.send(server.post("/", pattern(20_000))).response.get()
        #expect(refused.status == 503 && refused.header("retry-after") == "1")
        for responder in held.withLock({ $0 }) { responder.respond(status: 204) }
        #expect(try await kept.response.get().status == 204)
        #expect(budget.bytesInFlight == 0)
        for client in [first, second] { try await client.close().get() }
        try await server.stop()
    }

    @Test("A response above the client's bound fails with that reason and the connection goes on")
    func responseTooLarge() async throws {
        let server = try await TestServer.start { request, responder in
            responder.respond(status: 200, body: request.path == "/large" ? pattern(2_000_000) : pattern(10))
        }
        let client = try await server.client()
        #expect(await failure(of: client.send(server.post("/large")).response)?.code == .responseTooLarge)
        #expect(try await client.send(server.post("/small")).response.get().body.readableBytes == 10)
        try await client.close().get()
        try await server.stop()
    }

    @Test("A server's shutdown refuses new requests as retryable and still answers those in flight")
    func goAwayInFlight() async throws {
        let held = Mutex<[HTTP2Responder]>([])
        let children = Mutex<[any Channel]>([])
        let server = try await TestServer.start { channel in
            children.withLock { $0.append(channel) }
            try channel.pipeline.syncOperations.addHandler(
                HTTP2ServerHandler { request, responder in
                    if request.path == "/more" {
                        responder.respond(status: 204)
                    } else {
                        held.withLock { $0.append(responder) }
                    }
                })
        }
        let client = try await server.client()
        let inFlight = client.send(server.post())
        while held.withLock({ $0.isEmpty }) { await Task.yield() }
        let child = try #require(children.withLock { $0.first })
        child.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
        var refusal: HTTP2Error?
        while refusal == nil {
            refusal = await failure(of: client.send(server.post("/more")).response)
        }
        #expect(refusal?.isRetryable == true)
        for responder in held.withLock({ $0 }) { responder.respond(status: 204) }
        #expect(try await inFlight.response.get().status == 204)
        try await client.closeFuture.get()
        try await server.stop()
    }

    @Test("When the connection breaks every exchange fails as closed, and so do later ones")
    func connectionBreaks() async throws {
        let children = Mutex<[any Channel]>([])
        let held = Mutex<[HTTP2Responder]>([])
        let server = try await TestServer.start { channel in
            children.withLock { $0.append(channel) }
            try channel.pipeline.syncOperations.addHandler(
                HTTP2ServerHandler { _, responder in held.withLock { $0.append(responder) } })
        }
        let client = try await server.client()
        let exchanges = (0..<10).map { _ in client.send(server.post("/", pattern(10))) }
        while held.withLock({ $0.count }) < 10 { await Task.yield() }
        for child in children.withLock({ $0 }) { try await child.close() }
        for exchange in exchanges {
            #expect(await failure(of: exchange.response)?.code == .closed)
        }
        try await client.closeFuture.get()
        let late = client.send(server.post())
        #expect(await failure(of: late.response)?.code == .closed)
        #expect(await failure(of: late.bodySent)?.code == .closed)
        for responder in held.withLock({ $0 }) { responder.respond(status: 204) }
        try await server.stop()
    }

    @Test("Closing fails what is in flight, and closing again is harmless")
    func close() async throws {
        let held = Mutex<[HTTP2Responder]>([])
        let server = try await TestServer.start { _, responder in held.withLock { $0.append(responder) } }
        let client = try await server.client()
        let exchange = client.send(server.post())
        async let first: Void = client.close().get()
        async let second: Void = client.close().get()
        _ = try await (first, second)
        #expect(await failure(of: exchange.response)?.code == .closed)
        try await client.close().get()
        try await server.stop()
    }

    @Test("A server that never answers is given up after the response timeout")
    func responseTimeout() async throws {
        let held = Mutex<[HTTP2Responder]>([])
        let server = try await TestServer.start { request, responder in
            if request.path == "/never" {
                held.withLock { $0.append(responder) }
            } else {
                responder.respond(status: 204)
            }
        }
        var configuration = HTTP2ClientConfiguration()
        configuration.responseTimeout = .milliseconds(100)
        let client = try await server.client(configuration)
        #expect(await failure(of: client.send(server.post("/never")).response)?.code == .timedOut)
        #expect(try await client.send(server.post("/")).response.get().status == 204)
        try await client.close().get()
        try await server.stop()
    }

    @Test("More exchanges than allowed fail at once, as retryable")
    func tooManyRequests() async throws {
        let held = Mutex<[HTTP2Responder]>([])
        let server = try await TestServer.start { _, responder in held.withLock { $0.append(responder) } }
        var configuration = HTTP2ClientConfiguration.patient
        configuration.maximumExchanges = 3
        let client = try await server.client(configuration)
        let exchanges = (0..<4).map { _ in client.send(server.post()) }
        let error = await failure(of: exchanges[3].response)
        #expect(error?.code == .tooManyRequests && error?.isRetryable == true)
        try await client.close().get()
        try await server.stop()
    }

    @Test("A request that cannot be sent says why")
    func invalidRequest() async throws {
        let server = try await TestServer.start(respond: Self.echo)
        let client = try await server.client()
        var request = server.post()
        request.headers = [("X-Upper", "1")]
        let error = await failure(of: client.send(request).response)
        #expect(error?.code == .invalidRequest && error?.message.contains("X-Upper") == true)
        try await client.close().get()
        try await server.stop()
    }

    @Test("Nobody listening: the error names host and port")
    func nobodyListening() async throws {
        let server = try await TestServer.start(respond: Self.echo)
        let port = server.port
        try await server.stop()
        let error = await failure(
            of: HTTP2Client.connect(
                host: "127.0.0.1", port: port, on: MultiThreadedEventLoopGroup.singleton.next()))
        #expect(error?.code == .connectFailed && error?.message.contains("127.0.0.1:\(port)") == true)
    }

    @Test("A name with several addresses is connected once")
    func severalAddresses() async throws {
        let server = try await TestServer.start(respond: Self.echo)
        let client = try await HTTP2Client.connect(
            host: "localhost", port: server.port, on: MultiThreadedEventLoopGroup.singleton.next()
        ).get()
        #expect(try await client.send(server.post()).response.get().status == 200)
        try await client.close().get()
        try await server.stop()
    }

    private final class Speak: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        let text: String
        init(_ text: String) { self.text = text }
        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            context.writeAndFlush(NIOAny(ByteBuffer(string: text)), promise: nil)
        }
    }

    @Test(
        "A peer that speaks something else, or nothing, is recognised",
        arguments: [
            "HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n", "",
        ])
    func notHTTP2(text: String) async throws {
        let server = try await TestServer.start { try $0.pipeline.syncOperations.addHandler(Speak(text)) }
        var configuration = HTTP2ClientConfiguration()
        configuration.connectTimeout = .milliseconds(200)
        let error = await failure(
            of: HTTP2Client.connect(
                host: "127.0.0.1", port: server.port, on: MultiThreadedEventLoopGroup.singleton.next(),
                configuration: configuration))
        #expect(error?.code == .notHTTP2)
        try await server.stop()
    }

    @Test("A peer that answers no ping is given up")
    func keepalive() async throws {
        // Settings, so that the connection stands; then silence.
        let settings = String(decoding: Frames.settings(), as: UTF8.self)
        final class Once: ChannelInboundHandler {
            typealias InboundIn = ByteBuffer
            let text: String
            init(_ text: String) { self.text = text }
            func channelActive(context: ChannelHandlerContext) {
                context.writeAndFlush(NIOAny(ByteBuffer(string: text)), promise: nil)
            }
        }
        let server = try await TestServer.start { try $0.pipeline.syncOperations.addHandler(Once(settings)) }
        var configuration = HTTP2ClientConfiguration()
        configuration.keepalive = .milliseconds(50)
        configuration.keepaliveTimeout = .milliseconds(50)
        let client = try await server.client(configuration)
        let error = await failure(of: client.send(server.post()).response)
        #expect(error?.code == .closed && error?.message.contains("ping") == true)
        try await client.closeFuture.get()
        try await server.stop()
    }

    @Test("Pings keep a connection that is only quiet")
    func keepaliveAnswered() async throws {
        let held = Mutex<[HTTP2Responder]>([])
        let server = try await TestServer.start { _, responder in held.withLock { $0.append(responder) } }
        var configuration = HTTP2ClientConfiguration.patient
        configuration.keepalive = .milliseconds(20)
        configuration.keepaliveTimeout = .minutes(1)
        let client = try await server.client(configuration)
        let exchange = client.send(server.post())
        try await Task.sleep(for: .milliseconds(300))
        for responder in held.withLock({ $0 }) { responder.respond(status: 204) }
        #expect(try await exchange.response.get().status == 204)
        try await client.close().get()
        try await server.stop()
    }
}
