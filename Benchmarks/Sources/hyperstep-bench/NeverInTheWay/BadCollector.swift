import Hyperstep
import HyperstepHTTP2
import NIOCore
import NIOPosix
import Synchronization

/// What somebody finds where a collector should be.
enum BadCollector: String, CaseIterable, Sendable {
    /// Nobody listens at its port.
    case unreachable
    /// It answers every batch with 503, as a collector without its database.
    case refusing503
    /// It answers every batch with 401, as a collector that does not know the token.
    case refusing401
    /// It takes connections and bytes, and says nothing.
    case hanging
    /// It says bytes that mean nothing.
    case garbage
    /// It answers every batch with 200 and a body that is no ack.
    case garbage200

    /// What handles one of its connections.
    fileprivate func configure(_ channel: any Channel) throws {
        switch self {
        case .unreachable, .hanging: break
        case .refusing503: try answer(channel, HTTP2Response(status: 503, text: "not now"))
        case .refusing401: try answer(channel, HTTP2Response(status: 401, text: "who are you"))
        case .garbage: try channel.pipeline.syncOperations.addHandler(Babbler())
        case .garbage200:
            let body = ByteBuffer(bytes: (0..<4_096).map { _ in UInt8.random(in: 0...255) })
            try answer(channel, HTTP2Response(status: 200, body: body))
        }
    }

    private func answer(_ channel: any Channel, _ response: HTTP2Response) throws {
        try channel.pipeline.syncOperations.addHandler(
            HTTP2ServerHandler { _, responder in responder.respond(response) })
    }
}

/// Answers whatever comes with bytes that mean nothing.
private final class Babbler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = (0..<1_024).map { _ in UInt8.random(in: 0...255) }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
    }
}

extension ChildPart {
    /// `MANNER`: a collector of that manner. Says its port; how many connections it had when it is asked.
    static let badCollector = ChildPart(name: "bad-collector") { arguments in
        guard let manner = arguments.first.flatMap(BadCollector.init) else {
            throw BenchError(description: "wrong arguments")
        }
        // The port of "discard", which nobody serves any more and the system hands to nobody.
        guard manner != .unreachable else { return serve(port: 9, Connections()) }
        let connections = Connections()
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let bound = ServerBootstrap(group: group).childChannelInitializer { channel in
            connections.count.add(1, ordering: .relaxed)
            return channel.eventLoop.makeCompletedFuture { try manner.configure(channel) }
        }
        let channel = try bound.bind(host: "127.0.0.1", port: 0).wait()
        serve(port: channel.localAddress?.port ?? 0, connections)
    }

    private static func serve(port: Int, _ connections: Connections) {
        writeLine("\(port)", to: 1)
        while readLine() != nil { writeLine("\(connections.count.load(ordering: .relaxed))", to: 1) }
    }

    private final class Connections: Sendable {
        let count = Atomic<Int>(0)
    }
}
