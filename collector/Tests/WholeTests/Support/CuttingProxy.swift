import Foundation
import NIOCore
import NIOPosix
import Synchronization

/// A network between trainer and collector that fails at the worst moment: when the collector has committed and
/// its answer is on the way. Bytes pass untouched until a cut is due; then what the collector says is thrown
/// away and both connections are closed.
final class CuttingProxy: Sendable {
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let channel = Mutex<(any Channel)?>(nil)
    private let counts = Mutex((answers: 0, cuts: 0))
    private let target: Int
    /// One of so many answers is cut off.
    private let oneIn: Int

    init(to target: Int, cuttingOneIn oneIn: Int) {
        self.target = target
        self.oneIn = oneIn
    }

    /// How many times a connection was cut so far.
    var cuts: Int { counts.withLock(\.cuts) }

    /// Listens; returns the port.
    func start() throws -> Int {
        let channel = try ServerBootstrap(group: group)
            .childChannelOption(.autoRead, value: false)
            .childChannelInitializer { [self] client in connect(client) }
            .bind(host: "127.0.0.1", port: 0).wait()
        self.channel.withLock { $0 = channel }
        return channel.localAddress?.port ?? 0
    }

    func stop() {
        try? channel.withLock { $0 }?.close().wait()
        try? group.syncShutdownGracefully()
    }

    private func connect(_ client: any Channel) -> EventLoopFuture<Void> {
        ClientBootstrap(group: client.eventLoop).connect(host: "127.0.0.1", port: target).flatMapThrowing {
            server in
            let decide: @Sendable () -> Bool = { [self] in isCut() }
            try client.pipeline.syncOperations.addHandler(Pump(to: server, cuts: { false }))
            try server.pipeline.syncOperations.addHandler(Pump(to: client, cuts: decide))
            client.setOption(.autoRead, value: true).whenFailure { _ in client.close(promise: nil) }
        }
    }

    private func isCut() -> Bool {
        counts.withLock { counts in
            counts.answers += 1
            let isCut = Int.random(in: 0..<oneIn) == 0
            if isCut { counts.cuts += 1 }
            return isCut
        }
    }
}

/// Passes what one side says to the other.
private final class Pump: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let peer: any Channel
    private let cuts: @Sendable () -> Bool
    private var bytes = 0

    init(to peer: any Channel, cuts: @escaping @Sendable () -> Bool) {
        self.peer = peer
        self.cuts = cuts
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        bytes += buffer.readableBytes
        // The first frames are the connection's own; after them come answers.
        if bytes > 200, cuts() {
            context.close(promise: nil)
            peer.close(promise: nil)
            return
        }
        peer.writeAndFlush(buffer, promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        peer.close(promise: nil)
        context.fireChannelInactive()
    }
}
