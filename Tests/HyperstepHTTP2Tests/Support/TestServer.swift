import HyperstepHTTP2
import NIOCore
import NIOPosix

typealias Respond = @Sendable (HTTP2ServerRequest, HTTP2Responder) -> Void

/// A server on a loopback port of the system's choosing.
struct TestServer {
    let channel: any Channel
    let group: any EventLoopGroup

    var port: Int { channel.localAddress?.port ?? 0 }
    var authority: String { "127.0.0.1:\(port)" }

    static func start(
        _ configuration: HTTP2ServerConfiguration = HTTP2ServerConfiguration(),
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton, respond: @escaping Respond
    ) async throws -> TestServer {
        try await start(group: group) { channel in
            try channel.pipeline.syncOperations.addHandler(
                HTTP2ServerHandler(configuration: configuration, respond: respond))
        }
    }

    static func start(
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
        child: @escaping @Sendable (any Channel) throws -> Void
    ) async throws -> TestServer {
        let channel = try await ServerBootstrap(group: group)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try child(channel) }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return TestServer(channel: channel, group: group)
    }

    func client(
        _ configuration: HTTP2ClientConfiguration = .patient
    ) async throws -> HTTP2Client {
        try await HTTP2Client.connect(
            host: "127.0.0.1", port: port, on: group.next(), configuration: configuration
        ).get()
    }

    func post(_ path: String = "/", _ body: ByteBuffer = ByteBuffer()) -> HTTP2Request {
        HTTP2Request(method: "POST", authority: authority, path: path, body: body)
    }

    func stop() async throws { try await channel.close() }
}

extension HTTP2ClientConfiguration {
    /// For tests that are not about time, on machines that have something else to do.
    static var patient: HTTP2ClientConfiguration {
        var configuration = HTTP2ClientConfiguration()
        configuration.connectTimeout = .minutes(5)
        configuration.responseTimeout = .minutes(5)
        return configuration
    }
}

/// Bytes that differ along their length, so that a piece lost or swapped shows.
func pattern(_ count: Int, seed: UInt64 = 1) -> ByteBuffer {
    var random = SplitMix64(state: seed)
    var block = ByteBuffer()
    while block.readableBytes < min(count, 4096) { block.writeInteger(random.next()) }
    var buffer = ByteBuffer()
    buffer.reserveCapacity(count + block.readableBytes + 8)
    while buffer.readableBytes < count {
        buffer.writeInteger(buffer.readableBytes)
        buffer.writeImmutableBuffer(block)
    }
    return buffer.readSlice(length: count) ?? ByteBuffer()
}

/// A small seeded generator: a failing property names its seed and can be run again.
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// The `HTTP2Error` that a future fails with; nil where it succeeds or fails otherwise.
func failure<Value>(of future: EventLoopFuture<Value>) async -> HTTP2Error? where Value: Sendable {
    do {
        _ = try await future.get()
        return nil
    } catch {
        return error as? HTTP2Error
    }
}
