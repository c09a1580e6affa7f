internal import NIOCore

/// A client's end of a connection: matches responses to requests and decides when to give up.
///
/// Promises are completed only between calls on the session, never from inside one: what a future runs may
/// send again.
final class HTTP2ClientHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    let configuration: HTTP2ClientConfiguration
    private let peer: String
    private let ticks: Ticks
    /// Completed when the peer's settings arrive; nil afterwards.
    private var ready: EventLoopPromise<HTTP2Client>?
    private var transport: SessionTransport?
    private var timer: RepeatedTask?
    private var isSettling = false

    private var exchanges: [Int32: ClientExchange] = [:]
    /// Why no request can be sent any more.
    private var ending: HTTP2Error?
    private var completions = CircularBuffer<() -> Void>()
    private var wholeBodies: [ClientExchange] = []
    private var resets: [(Int32, HTTP2ErrorCode)] = []
    private var hasSettings = false
    private var quietTicks = 0
    private var awaitsPong = false

    init(_ configuration: HTTP2ClientConfiguration, peer: String, ready: EventLoopPromise<HTTP2Client>) {
        self.configuration = configuration
        self.peer = peer
        self.ready = ready
        ticks = configuration.ticks
    }

    // MARK: The channel

    /// Added once the channel is connected.
    func handlerAdded(context: ChannelHandlerContext) {
        do throws(HTTP2Error) {
            let session = try HTTP2Session(configuration.sessionOptions)
            session.events = self
            transport = SessionTransport(session, context)
        } catch {
            return fail(error, context)
        }
        let this = NIOLoopBound(self, eventLoop: context.eventLoop)
        timer = context.eventLoop.scheduleRepeatedTask(
            initialDelay: ticks.interval, delay: ticks.interval
        ) { _ in this.value.tick() }
        context.eventLoop.scheduleTask(in: configuration.connectTimeout) { this.value.checkReady() }
        settle()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard let transport else { return }
        quietTicks = 0
        do throws(HTTP2Error) {
            try transport.session.receive(unwrapInboundIn(data))
        } catch {
            fail(hasSettings ? error : notHTTP2(error), context)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        settle()
        context.fireChannelReadComplete()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        settle()
        context.fireChannelWritabilityChanged()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        fail(HTTP2Error(.closed, "the connection to \(peer) broke: \(error)"), context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        fail(HTTP2Error(.closed, "the connection to \(peer) was closed"), context)
        context.fireChannelInactive()
    }

    // MARK: The owner

    func send(
        _ request: HTTP2Request, bodySent: EventLoopPromise<Void>, response: EventLoopPromise<HTTP2Response>
    ) {
        do throws(HTTP2Error) {
            let session = try sessionForRequest(request)
            let stream = try session.submitRequest(request.allFields, body: request.body)
            exchanges[stream] = ClientExchange(bodySent: bodySent, response: response)
        } catch {
            bodySent.fail(error)
            response.fail(error)
        }
        settle()
    }

    private func sessionForRequest(_ request: HTTP2Request) throws(HTTP2Error) -> HTTP2Session {
        if let ending { throw ending }
        guard let transport else {
            throw HTTP2Error(.closed, "the connection to \(peer) is closed")
        }
        guard exchanges.count < configuration.maximumExchanges else {
            throw HTTP2Error(
                .tooManyRequests,
                "\(exchanges.count) requests to \(peer) are in flight, and no more are allowed")
        }
        if let complaint = request.complaint {
            throw HTTP2Error(.invalidRequest, "cannot send \(request.method) to \(peer): \(complaint)")
        }
        return transport.session
    }

    func close() {
        guard let transport, ending?.code != .closed else { return }
        ending = HTTP2Error(.closed, "the connection to \(peer) was closed by its owner")
        attempt { () throws(HTTP2Error) in try transport.session.terminate(.noError) }
        settle()
        // What cannot be sent now is not waited for.
        transport.context.close(promise: nil)
    }

    // MARK: Settling

    /// Completes promises and sends frames until there is nothing of either.
    private func settle() {
        guard !isSettling else { return }
        isSettling = true
        defer { isSettling = false }
        repeat {
            while let completion = completions.popFirst() { completion() }
            guard let transport else { continue }
            attempt { () throws(HTTP2Error) in
                for (stream, code) in resets where exchanges[stream] != nil {
                    try transport.session.reset(stream, code)
                }
                resets.removeAll()
                try transport.flush(batch: takeWholeBodies)
            }
        } while !completions.isEmpty
        transport?.closeIfFinished()
    }

    /// A promise for the write that carries the last frames of these bodies.
    private func takeWholeBodies() -> EventLoopPromise<Void>? {
        guard !wholeBodies.isEmpty, let eventLoop = transport?.context.eventLoop else { return nil }
        let sent = NIOLoopBound(wholeBodies, eventLoop: eventLoop)
        wholeBodies.removeAll()
        let promise = eventLoop.makePromise(of: Void.self)
        promise.futureResult.assumeIsolated().whenComplete { result in
            for exchange in sent.value { self.settleBody(exchange, result) }
            self.settle()
        }
        return promise
    }

    private func settleBody(_ exchange: ClientExchange, _ result: Result<Void, any Error>) {
        guard !exchange.isBodySettled else { return }
        exchange.isBodySettled = true
        completions.append { exchange.bodySent.completeWith(result) }
    }

    private func settle(_ exchange: ClientExchange, _ result: Result<HTTP2Response, any Error>) {
        guard !exchange.isSettled else { return }
        exchange.isSettled = true
        completions.append { exchange.response.completeWith(result) }
    }

    /// Ends an exchange for a reason of this side.
    private func abandon(_ stream: Int32, _ exchange: ClientExchange, _ error: HTTP2Error) {
        settle(exchange, .failure(error))
        settleBody(exchange, .failure(error))
        resets.append((stream, .cancel))
    }

    private func attempt(_ work: () throws(HTTP2Error) -> Void) {
        do throws(HTTP2Error) { try work() } catch {
            if let context = transport?.context { fail(error, context) }
        }
    }

    /// The connection is over: every exchange ends with it.
    private func fail(_ error: HTTP2Error, _ context: ChannelHandlerContext) {
        timer?.cancel()
        timer = nil
        let reason = ending?.code == .closed ? ending ?? error : error
        ending = HTTP2Error(.closed, reason.message)
        let transport = transport
        self.transport = nil
        for exchange in exchanges.values {
            settle(exchange, .failure(reason))
            settleBody(exchange, .failure(reason))
        }
        for exchange in wholeBodies { settleBody(exchange, .failure(reason)) }
        exchanges.removeAll()
        wholeBodies.removeAll()
        if let ready {
            self.ready = nil
            let refusal = HTTP2Error(hasSettings ? .closed : .notHTTP2, reason.message)
            completions.append { ready.fail(refusal) }
        }
        transport?.closeInError()
        if transport == nil { context.close(promise: nil) }
        settle()
    }

    // MARK: Time

    private func checkReady() {
        guard ready != nil, let context = transport?.context else { return }
        fail(HTTP2Error(.notHTTP2, "\(peer) accepted the connection but sent no HTTP/2 settings"), context)
    }

    private func notHTTP2(_ error: HTTP2Error) -> HTTP2Error {
        HTTP2Error(.notHTTP2, "\(peer) does not speak HTTP/2 without TLS: \(error.message)")
    }

    private func tick() {
        for (stream, exchange) in exchanges where !exchange.isSettled {
            exchange.quietTicks += 1
            guard exchange.quietTicks > ticks.count(of: configuration.responseTimeout) else { continue }
            let milliseconds = configuration.responseTimeout.nanoseconds / 1_000_000
            abandon(
                stream, exchange,
                HTTP2Error(.timedOut, "\(peer) gave no answer, and took no data, for \(milliseconds) ms"))
        }
        checkKeepalive()
        settle()
    }

    private func checkKeepalive() {
        guard let keepalive = configuration.keepalive, let transport else { return }
        quietTicks += 1
        let due = ticks.count(of: keepalive)
        if awaitsPong, quietTicks > due + ticks.count(of: configuration.keepaliveTimeout) {
            fail(HTTP2Error(.closed, "\(peer) did not answer a ping"), transport.context)
        } else if !awaitsPong, quietTicks > due {
            awaitsPong = true
            attempt { () throws(HTTP2Error) in try transport.session.ping() }
        }
    }
}

// MARK: - Events

extension HTTP2ClientHandler: HTTP2SessionEvents {
    func headersBegan(on stream: Int32, isFirst: Bool) {
        guard let exchange = exchanges[stream] else { return }
        exchange.quietTicks = 0
        if exchange.isInformational { exchange.forgetInformational() }
    }

    func wantsHeader(nameBytes: Int, valueBytes: Int, on stream: Int32) -> Bool {
        guard let exchange = exchanges[stream], !exchange.isSettled else { return false }
        exchange.headerBytes += HTTP2Headers.listSize(nameBytes: nameBytes, valueBytes: valueBytes)
        guard exchange.headerBytes > configuration.maximumHeaderBytes else { return true }
        abandon(
            stream, exchange,
            HTTP2Error(
                .responseTooLarge,
                "the response fields of \(peer) take more than \(configuration.maximumHeaderBytes) bytes"))
        return false
    }

    func receivedHeader(name: String, value: String, on stream: Int32) {
        guard let exchange = exchanges[stream] else { return }
        if name == ":status" {
            exchange.status = Int(value) ?? 0
        } else {
            exchange.headers.append((name, value))
        }
    }

    func headersEnded(on stream: Int32, endsStream: Bool) {}

    func receivedData(_ bytes: UnsafeRawBufferPointer, on stream: Int32) {
        guard let exchange = exchanges[stream], !exchange.isSettled else { return }
        exchange.quietTicks = 0
        guard exchange.body.readableBytes + bytes.count <= configuration.maximumResponseBytes else {
            return abandon(
                stream, exchange,
                HTTP2Error(
                    .responseTooLarge,
                    "the response of \(peer) is larger than \(configuration.maximumResponseBytes) bytes"))
        }
        exchange.body.writeBytes(bytes)
    }

    func remoteEnded(_ stream: Int32) {
        guard let exchange = exchanges[stream] else { return }
        settle(exchange, .success(exchange.finished))
        if !exchange.isLocalEnded {
            // The peer wants no more of the body: it need not be sent.
            resets.append((stream, .cancel))
        }
    }

    func remoteReset(_ stream: Int32) {}

    func sentData(on stream: Int32) { exchanges[stream]?.quietTicks = 0 }

    func localEnded(_ stream: Int32) {
        guard let exchange = exchanges[stream] else { return }
        exchange.isLocalEnded = true
        wholeBodies.append(exchange)
    }

    func streamClosed(_ stream: Int32, code: HTTP2ErrorCode) {
        guard let exchange = exchanges.removeValue(forKey: stream) else { return }
        let error = failure(code)
        settle(exchange, .failure(error))
        if !exchange.isLocalEnded { settleBody(exchange, .failure(bodyFailure(exchange, error))) }
    }

    /// What a stream's end means to one who still waits for its response.
    private func failure(_ code: HTTP2ErrorCode) -> HTTP2Error {
        if let ending, ending.code == .closed || code == .refusedStream { return ending }
        return code == .refusedStream
            ? HTTP2Error(.refused, "\(peer) refused the request before acting on it")
            : HTTP2Error(.reset, "\(peer) broke off the exchange: \(code)")
    }

    private func bodyFailure(_ exchange: ClientExchange, _ error: HTTP2Error) -> HTTP2Error {
        guard exchange.status >= 200 else { return error }
        return HTTP2Error(
            .bodyNotSent, "\(peer) answered \(exchange.status) before it had the whole body")
    }

    func receivedSettings() {
        hasSettings = true
        guard let ready, let context = transport?.context else { return }
        self.ready = nil
        let client = HTTP2Client(context.channel, self)
        completions.append { ready.succeed(client) }
    }

    func settingsAcknowledged() {}

    func pingAcknowledged() { awaitsPong = false }

    func receivedGoAway(code: HTTP2ErrorCode) {
        guard ending == nil else { return }
        ending = HTTP2Error(.goingAway, "\(peer) takes no more requests on this connection (\(code))")
    }
}
