public import NIOCore

/// Looks at the first bytes of a connection: those that every HTTP/2 client sends first choose HTTP/2, anything
/// else HTTP/1. Then it adds what was chosen to the pipeline, hands on the bytes, and leaves.
///
/// ```swift
/// let detector = HTTP2OrHTTP1Detector(
///     http2: { channel in
///         try channel.pipeline.syncOperations.addHandler(HTTP2ServerHandler { … })
///     },
///     http1: { channel in
///         try channel.pipeline.syncOperations.configureHTTPServerPipeline()
///     })
/// ```
public final class HTTP2OrHTTP1Detector: ChannelInboundHandler, RemovableChannelHandler {
    /// Bytes from the client.
    public typealias InboundIn = ByteBuffer
    /// The same bytes.
    public typealias InboundOut = ByteBuffer
    /// Adds handlers to the channel's pipeline, on its event loop.
    public typealias Configure = @Sendable (any Channel) throws -> Void

    /// What an HTTP/2 client sends first (RFC 9113, 3.4). Its first three bytes are no HTTP/1 method.
    private static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

    private let http2: Configure
    private let http1: Configure
    private let timeout: TimeAmount
    private var received = ByteBuffer()
    private var isDecided = false
    private var deadline: Scheduled<Void>?

    /// A detector for one channel; a client that has not shown what it speaks after `timeout` is disconnected.
    public init(http2: @escaping Configure, http1: @escaping Configure, timeout: TimeAmount = .seconds(10)) {
        self.http2 = http2
        self.http1 = http1
        self.timeout = timeout
    }

    /// Starts the clock.
    public func handlerAdded(context: ChannelHandlerContext) {
        let channel = context.channel
        deadline = context.eventLoop.scheduleTask(in: timeout) { channel.close(promise: nil) }
    }

    /// Stops the clock.
    public func handlerRemoved(context: ChannelHandlerContext) {
        deadline?.cancel()
    }

    /// Gathers bytes until they decide.
    public func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isDecided else { return context.fireChannelRead(data) }
        received.writeImmutableBuffer(unwrapInboundIn(data))
        let seen = received.readableBytesView
        let agreeing = zip(seen, Self.preface).prefix { $0 == $1 }.count
        if agreeing == Self.preface.count {
            hand(over: http2, context)
        } else if agreeing < seen.count {
            hand(over: http1, context)
        }
    }

    /// A server that shuts down waits for nobody who has not asked for anything.
    public func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ChannelShouldQuiesceEvent, !isDecided { context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }

    /// A client that goes away undecided takes its connection with it.
    public func channelInactive(context: ChannelHandlerContext) {
        deadline?.cancel()
        context.fireChannelInactive()
    }

    private func hand(over configure: Configure, _ context: ChannelHandlerContext) {
        isDecided = true
        deadline?.cancel()
        do {
            try configure(context.channel)
        } catch {
            context.fireErrorCaught(error)
            return context.close(promise: nil)
        }
        context.fireChannelRead(wrapInboundOut(received))
        context.fireChannelReadComplete()
        context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
    }
}
