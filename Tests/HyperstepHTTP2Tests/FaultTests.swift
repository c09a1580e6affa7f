import HyperstepHTTP2
import NIOCore
import NIOPosix
import Synchronization
import Testing

/// Connections that break at random moments.
@Suite("Broken connections", .serialized)
struct FaultTests {
    /// Forwards bytes between a client and a server, and cuts both ends after a number of bytes.
    private final class Cut: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        let peer: any Channel
        let left: Mutex<Int>

        init(to peer: any Channel, after bytes: Int) {
            self.peer = peer
            left = Mutex(bytes)
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let bytes = unwrapInboundIn(data)
            let allowed = left.withLock { left in
                defer { left -= bytes.readableBytes }
                return max(0, min(left, bytes.readableBytes))
            }
            if let slice = bytes.getSlice(at: bytes.readerIndex, length: allowed) {
                peer.writeAndFlush(slice, promise: nil)
            }
            guard allowed < bytes.readableBytes else { return }
            peer.close(promise: nil)
            context.close(promise: nil)
        }

        func channelInactive(context: ChannelHandlerContext) { peer.close(promise: nil) }
        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }

    /// A listener whose connections go on to the server and break after so many bytes of the client's.
    private func proxy(to server: TestServer, cutAfter bytes: Int) async throws -> TestServer {
        let channel = try await ServerBootstrap(group: server.group)
            .childChannelOption(.autoRead, value: false)
            .childChannelInitializer { inner in
                ClientBootstrap(group: inner.eventLoop)
                    .channelInitializer { outer in
                        outer.eventLoop.makeCompletedFuture {
                            try outer.pipeline.syncOperations.addHandler(Cut(to: inner, after: .max))
                        }
                    }
                    .connect(host: "127.0.0.1", port: server.port)
                    .flatMapThrowing { outer in
                        try inner.pipeline.syncOperations.addHandler(Cut(to: outer, after: bytes))
                    }
                    .flatMap { inner.setOption(.autoRead, value: true) }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return TestServer(channel: channel, group: server.group)
    }

    @Test(
        "Cut at a random byte: every exchange ends, nothing is handed over damaged, no byte stays accounted",
        arguments: 1...60 as ClosedRange<UInt64>)
    func cutAnywhere(seed: UInt64) async throws {
        var random = SplitMix64(state: seed)
        let budget = HTTP2ByteBudget(limit: 64 << 20)
        var configuration = HTTP2ServerConfiguration()
        configuration.budget = budget
        let arrived = Mutex<[Int]>([])
        let damaged = Mutex(0)
        let server = try await TestServer.start(configuration) { request, responder in
            let index = Int(request.path.dropFirst()) ?? -1
            arrived.withLock { $0.append(index) }
            if request.body != pattern(index * 997, seed: seed) { damaged.withLock { $0 += 1 } }
            responder.respond(status: 204)
        }
        let total = (0..<20).reduce(0) { $0 + $1 * 997 }
        let proxy = try await proxy(to: server, cutAfter: Int.random(in: 0...(total * 5 / 4), using: &random))

        var answered: [Int] = []
        if let client = try? await proxy.client() {
            var responses: [(Int, EventLoopFuture<HTTP2Response>)] = []
            for index in 0..<20 {
                let exchange = client.send(proxy.post("/\(index)", pattern(index * 997, seed: seed)))
                responses.append((index, exchange.response))
                do { try await exchange.bodySent.get() } catch { break }
            }
            for (index, response) in responses {
                do {
                    if try await response.get().status == 204 { answered.append(index) }
                } catch {
                    #expect(error is HTTP2Error)
                }
            }
            try await client.close().get()
        }
        let all = arrived.withLock { $0 }
        #expect(damaged.withLock { $0 } == 0)
        #expect(all == Array(0..<all.count), "a prefix, in order")
        #expect(Set(answered).isSubset(of: all))
        while budget.bytesInFlight > 0 { await Task.yield() }
        try await proxy.stop()
        try await server.stop()
    }

    @Test(
        "A client closed at a random moment leaves the server serving",
        arguments: 1...30 as ClosedRange<UInt64>)
    func clientGoes(seed: UInt64) async throws {
        var random = SplitMix64(state: seed)
        let budget = HTTP2ByteBudget(limit: 64 << 20)
        var configuration = HTTP2ServerConfiguration()
        configuration.budget = budget
        let server = try await TestServer.start(configuration) { request, responder in
            responder.eventLoop.execute { responder.respond(status: 200, body: request.body) }
        }
        let client = try await server.client()
        let exchanges = (0..<10).map { client.send(server.post("/\($0)", pattern($0 * 40_000))) }
        let moment = Int.random(in: 0..<10, using: &random)
        if Bool.random(using: &random) {
            _ = try? await exchanges[moment].bodySent.get()
        } else {
            _ = try? await exchanges[moment].response.get()
        }
        try await client.close().get()
        for exchange in exchanges {
            if let error = await failure(of: exchange.response) { #expect(error.code == .closed) }
        }
        let next = try await server.client()
        #expect(try await next.send(server.post("/", pattern(10))).response.get().status == 200)
        while budget.bytesInFlight > 0 { await Task.yield() }
        try await next.close().get()
        try await server.stop()
    }
}
