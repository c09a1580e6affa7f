import HyperstepHTTP2
import NIOCore
import NIOEmbedded
import Synchronization

/// A server handler on a channel without a socket, fed and read byte by byte on one thread.
final class EmbeddedServer {
    let channel = EmbeddedChannel()
    let handler: HTTP2ServerHandler
    private let taken = Taken()

    /// What the handler handed out. The responders live as long as it keeps them.
    private final class Taken: Sendable {
        let requests = Mutex<[(HTTP2ServerRequest, HTTP2Responder)]>([])
    }

    init(_ configuration: HTTP2ServerConfiguration = HTTP2ServerConfiguration()) throws {
        let taken = taken
        handler = HTTP2ServerHandler(configuration: configuration) { request, responder in
            taken.requests.withLock { $0.append((request, responder)) }
        }
        try channel.pipeline.syncOperations.addHandler(handler)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 9)).wait()
    }

    /// The requests so far, with their responders.
    var requests: [(HTTP2ServerRequest, HTTP2Responder)] { taken.requests.withLock { $0 } }

    /// Lets go of all responders, answered or not.
    func dropResponders() { taken.requests.withLock { $0.removeAll() } }

    /// Feeds bytes; what the channel throws belongs to the connection's end and is returned.
    @discardableResult
    func feed(_ bytes: [UInt8]) -> (any Error)? {
        do {
            try channel.writeInbound(ByteBuffer(bytes: bytes))
            return nil
        } catch {
            return error
        }
    }

    /// The frames written since the last call.
    func frames() -> [ParsedFrame] {
        var bytes: [UInt8] = []
        while let buffer = try? channel.readOutbound(as: ByteBuffer.self) {
            bytes.append(contentsOf: buffer.readableBytesView)
        }
        return ParsedFrame.parse(bytes)
    }

    /// As if the client had gone.
    func disconnect() { channel.pipeline.fireChannelInactive() }
}

extension [ParsedFrame] {
    /// The bodies of DATA frames of one stream, joined.
    func data(on stream: UInt32) -> [UInt8] {
        filter { $0.type == 0 && $0.stream == stream }.flatMap(\.payload)
    }
    /// The frames of a type, on one stream or anywhere.
    func of(_ type: UInt8, on stream: UInt32? = nil) -> [ParsedFrame] {
        filter { $0.type == type && (stream == nil || $0.stream == stream) }
    }
    /// How far WINDOW_UPDATE frames reopened a stream, or the connection with 0.
    func reopened(_ stream: UInt32) -> Int { of(8, on: stream).reduce(0) { $0 + Int($1.number(at: 0)) } }
}
