public import NIOCore
internal import NIOPosix

/// One HTTP/2 connection as a client, cleartext with prior knowledge. Any number of exchanges can be in flight;
/// all methods may be called from any thread.
///
/// ```swift
/// let client = try await HTTP2Client.connect(host: "127.0.0.1", port: 4319, on: eventLoop).get()
/// let exchange = client.send(HTTP2Request(method: "GET", authority: "127.0.0.1:4319", path: "/healthz"))
/// print(try await exchange.response.get().status)
/// try await client.close().get()
/// ```
public final class HTTP2Client: Sendable {
    /// The event loop that runs the connection and completes its futures.
    public let eventLoop: any EventLoop
    /// Completes when the connection is closed, for whatever reason.
    public let closeFuture: EventLoopFuture<Void>
    private let handler: NIOLoopBound<HTTP2ClientHandler>

    init(_ channel: any Channel, _ handler: HTTP2ClientHandler) {
        eventLoop = channel.eventLoop
        closeFuture = channel.closeFuture
        self.handler = NIOLoopBound(handler, eventLoop: channel.eventLoop)
    }

    /// Connects, and waits until the peer has shown that it speaks HTTP/2.
    ///
    /// - Throws: in the future, `HTTP2Error` with `connectFailed` or `notHTTP2`, naming host and port.
    public static func connect(
        host: String, port: Int, on eventLoop: any EventLoop,
        configuration: HTTP2ClientConfiguration = HTTP2ClientConfiguration()
    ) -> EventLoopFuture<HTTP2Client> {
        let ready = eventLoop.makePromise(of: HTTP2Client.self)
        let peer = "\(host):\(port)"
        ClientBootstrap(group: eventLoop)
            .connectTimeout(configuration.connectTimeout)
            // Nothing is read before the handler is there, which is added to the one connection that won: a
            // name with several addresses is tried on several channels.
            .channelOption(.autoRead, value: false)
            .connect(host: host, port: port)
            .whenComplete { result in
                do {
                    let channel = try result.get()
                    let handler = HTTP2ClientHandler(configuration, peer: peer, ready: ready)
                    try channel.pipeline.syncOperations.addHandler(handler)
                    _ = channel.setOption(.autoRead, value: true)
                } catch {
                    ready.fail(HTTP2Error(.connectFailed, "could not connect to \(peer): \(error)"))
                }
            }
        return ready.futureResult
    }

    /// Sends a request. Both futures of the exchange complete in any case: with the connection closed, they
    /// fail.
    public func send(_ request: HTTP2Request) -> HTTP2Exchange {
        let bodySent = eventLoop.makePromise(of: Void.self)
        let response = eventLoop.makePromise(of: HTTP2Response.self)
        onLoop { handler in handler.send(request, bodySent: bodySent, response: response) }
        return HTTP2Exchange(bodySent: bodySent.futureResult, response: response.futureResult)
    }

    /// Says goodbye and closes; exchanges in flight fail with `closed`. Again is harmless.
    @discardableResult
    public func close() -> EventLoopFuture<Void> {
        onLoop { handler in handler.close() }
        return closeFuture
    }

    private func onLoop(_ work: @escaping @Sendable (HTTP2ClientHandler) -> Void) {
        if eventLoop.inEventLoop {
            work(handler.value)
        } else {
            eventLoop.execute { [handler] in work(handler.value) }
        }
    }
}
