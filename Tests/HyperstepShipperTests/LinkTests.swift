import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import Testing

@testable import HyperstepShipper

@Suite("The connection to a collector", .timeLimit(.minutes(20)))
struct LinkTests {
    @Test("A proxy that closes each connection while nothing is to be sent is not connected to at each look")
    func closingProxy() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let eventLoop = group.next()
        let accepted = NIOLockedValueBox(0)
        let server = try await ServerBootstrap(group: group)
            .childChannelInitializer { channel in
                accepted.withLockedValue { $0 += 1 }
                channel.eventLoop.execute { channel.close(promise: nil) }
                return channel.eventLoop.makeSucceededVoidFuture()
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let endpoint = try Endpoint("http://127.0.0.1:\(server.localAddress?.port ?? 0)")
        let looked = eventLoop.makePromise(of: Void.self)
        let looks = NIOLockedValueBox(0)
        eventLoop.execute {
            let link = NIOLoopBound(
                Link(endpoint: endpoint, token: nil, eventLoop: eventLoop, logger: quiet),
                eventLoop: eventLoop)
            eventLoop.scheduleRepeatedTask(initialDelay: .zero, delay: .milliseconds(1)) { task in
                _ = link.value.isReady
                let count = looks.withLockedValue { count in
                    count += 1
                    return count
                }
                // It does try again.
                guard count >= 2_000, accepted.withLockedValue(\.self) >= 2 else { return }
                task.cancel()
                link.value.close()
                looked.succeed()
            }
        }
        try await looked.futureResult.get()
        let (connections, all) = (accepted.withLockedValue(\.self), looks.withLockedValue(\.self))
        #expect(connections * 20 < all, "\(connections) connections in \(all) looks")
        try await server.close()
        try await group.shutdownGracefully()
    }
}
