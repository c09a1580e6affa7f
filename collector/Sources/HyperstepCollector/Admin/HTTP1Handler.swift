internal import NIOCore
internal import NIOHTTP1

/// HTTP/1.1 for `curl` and for load balancers: `/healthz` and `/readyz`, one request a connection. Everything
/// else is told that the collector wants HTTP/2.
final class HTTP1Handler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    /// A connection lives no longer than this, whatever its client does or does not.
    private static let lifetime = TimeAmount.seconds(15)
    /// Bytes of a body that are read to be polite, so that the answer is not lost in a reset.
    private static let maximumIgnoredBytes = 1 << 20

    private let health: HealthAnswers
    private var head: HTTPRequestHead?
    private var ignoredBytes = 0
    private var isAnswering = false
    private var deadline: Scheduled<Void>?

    init(health: HealthAnswers) { self.health = health }

    func handlerAdded(context: ChannelHandlerContext) {
        let channel = context.channel
        deadline = context.eventLoop.scheduleTask(in: Self.lifetime) { channel.close(promise: nil) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        deadline?.cancel()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isAnswering else { return }
        switch unwrapInboundIn(data) {
        case .head(let head): self.head = head
        case .body(let bytes):
            ignoredBytes += bytes.readableBytes
            if ignoredBytes > Self.maximumIgnoredBytes { answer(context) }
        case .end: answer(context)
        }
    }

    /// What is no HTTP gets an answer that says so, where it can.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard error is HTTPParserError, !isAnswering else { return context.fireErrorCaught(error) }
        isAnswering = true
        write("this is no HTTP/1.1 request", .badRequest, ["connection": "close"], hasBody: true, context)
    }

    /// A shutdown waits for an answer under way, not for a question.
    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ChannelShouldQuiesceEvent, !isAnswering { context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }

    private func answer(_ context: ChannelHandlerContext) {
        guard let head, !isAnswering else { return }
        isAnswering = true
        let path = String(head.uri.prefix { $0 != "?" })
        guard let question = HealthAnswers.Question(path: path), head.method == .GET || head.method == .HEAD
        else { return upgradeRequired(context) }
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        health.answer(question, on: context.eventLoop).whenSuccess { answer in
            let (this, context) = bound.value
            this.write(
                answer.text, HTTPResponseStatus(statusCode: answer.status), ["connection": "close"],
                hasBody: head.method == .GET, context)
        }
    }

    private func upgradeRequired(_ context: ChannelHandlerContext) {
        write(
            "the collector speaks HTTP/2 (h2c with prior knowledge); only /healthz and /readyz answer to HTTP/1.1",
            .upgradeRequired, ["upgrade": "h2c", "connection": "upgrade, close"], hasBody: true, context)
    }

    private func write(
        _ text: String, _ status: HTTPResponseStatus, _ headers: HTTPHeaders, hasBody: Bool,
        _ context: ChannelHandlerContext
    ) {
        guard context.channel.isActive else { return }
        let body = ByteBuffer(string: text + "\n")
        var headers = headers
        headers.add(name: "content-type", value: "text/plain; charset=utf-8")
        headers.add(name: "content-length", value: String(body.readableBytes))
        let head = HTTPResponseHead(version: .http1_1, status: status, headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if hasBody { context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil) }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        // The client's end of the connection, or the deadline, closes the rest: closing now could lose the
        // answer to a client that still sends.
        context.close(mode: .output, promise: nil)
    }
}
