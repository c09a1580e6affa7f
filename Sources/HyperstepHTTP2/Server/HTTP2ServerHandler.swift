public import NIOCore

/// Serves HTTP/2 (cleartext, prior knowledge, or behind a handler that decrypts) on a channel.
///
/// ```swift
/// ServerBootstrap(group: group).childChannelInitializer { channel in
///     channel.eventLoop.makeCompletedFuture {
///         try channel.pipeline.syncOperations.addHandler(
///             HTTP2ServerHandler { request, responder in responder.respond(status: 204) })
///     }
/// }
/// ```
///
/// Requests are handed over whole, in the order in which they became whole, on the channel's event loop. A
/// connection that has to be ended for the client's fault fires the `HTTP2Error` along the pipeline.
/// `ChannelShouldQuiesceEvent` begins a graceful shutdown.
public final class HTTP2ServerHandler: ChannelInboundHandler {
    /// Bytes from the client.
    public typealias InboundIn = ByteBuffer
    /// Bytes to the client.
    public typealias OutboundOut = ByteBuffer

    private let respond: @Sendable (HTTP2ServerRequest, HTTP2Responder) -> Void
    private let machine: ServerConnection
    private var transport: SessionTransport?
    private var timer: RepeatedTask?
    private var isSettling = false

    /// A handler for one channel. `respond` is called on the channel's event loop and must not block it.
    public init(
        configuration: HTTP2ServerConfiguration = HTTP2ServerConfiguration(),
        respond: @escaping @Sendable (HTTP2ServerRequest, HTTP2Responder) -> Void
    ) {
        self.respond = respond
        machine = ServerConnection(configuration)
    }

    // MARK: The channel

    /// Starts the session where the channel is active already.
    public func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { start(context) }
    }

    /// Starts the session.
    public func channelActive(context: ChannelHandlerContext) {
        start(context)
        context.fireChannelActive()
    }

    /// Feeds the session.
    public func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard let transport else { return }
        do throws(HTTP2Error) {
            try transport.session.receive(unwrapInboundIn(data))
        } catch {
            fail(error)
        }
    }

    /// Acts on what was read.
    public func channelReadComplete(context: ChannelHandlerContext) {
        settle()
        context.fireChannelReadComplete()
    }

    /// Goes on sending where the socket takes more.
    public func channelWritabilityChanged(context: ChannelHandlerContext) {
        settle()
        context.fireChannelWritabilityChanged()
    }

    /// Begins a graceful shutdown on `ChannelShouldQuiesceEvent`.
    public func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ChannelShouldQuiesceEvent { beginGracefulShutdown() }
        context.fireUserInboundEventTriggered(event)
    }

    /// Ends the session; answers still to come are dropped.
    public func channelInactive(context: ChannelHandlerContext) {
        stop()
        context.fireChannelInactive()
    }

    /// Ends the session.
    public func handlerRemoved(context: ChannelHandlerContext) {
        stop()
    }

    /// Closes the connection: a socket error ends it.
    public func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.fireErrorCaught(error)
        context.close(promise: nil)
    }

    private func start(_ context: ChannelHandlerContext) {
        guard transport == nil else { return }
        do throws(HTTP2Error) {
            let session = try HTTP2Session(machine.configuration.sessionOptions)
            session.events = self
            transport = SessionTransport(session, context)
        } catch {
            context.fireErrorCaught(error)
            return context.close(promise: nil)
        }
        let this = NIOLoopBound(self, eventLoop: context.eventLoop)
        let interval = machine.ticks.interval
        timer = context.eventLoop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { _ in
            this.value.machine.tick()
            this.value.settle()
        }
        settle()
    }

    private func stop() {
        timer?.cancel()
        timer = nil
        transport = nil
        machine.connectionClosed()
    }

    // MARK: The owner

    /// Asks the client to open no more streams, serves those in flight, then closes the channel. To be called
    /// on the channel's event loop; again is harmless.
    public func beginGracefulShutdown() {
        guard let transport else { return }
        machine.shutdownAnnounced()
        attempt { () throws(HTTP2Error) in try transport.session.announceShutdown() }
        settle()
    }

    func answer(_ stream: Int32, with response: HTTP2Response) {
        machine.answer(stream, with: response)
        settle()
    }

    func answerAbandoned(_ stream: Int32) {
        let refusal = HTTP2Refusal.unanswered("the server gave no answer")
        answer(stream, with: machine.configuration.refusalResponse(refusal))
    }

    func release(_ stream: Int32) {
        machine.release(stream)
        settle()
    }

    // MARK: Actions

    /// Does what is due until nothing is: acting makes frames, and sending them makes further actions.
    private func settle() {
        guard !isSettling, let transport else { return }
        isSettling = true
        defer { isSettling = false }
        repeat {
            while let action = machine.nextAction() { perform(action, transport) }
            machine.reopenIfStuck(peerMaySend: transport.session.peerMaySend)
            attempt { () throws(HTTP2Error) in try transport.flush() }
        } while machine.hasActions
        transport.closeIfFinished()
    }

    private func perform(_ action: ServerConnection.Action, _ transport: SessionTransport) {
        let session = transport.session
        attempt { () throws(HTTP2Error) in
            switch action {
            case .deliver(let exchange): deliver(exchange, transport.context)
            case .answer(let stream, let response) where machine.isOpen(stream):
                try session.submitResponse(response.allFields, body: response.body, on: stream)
            case .askForBody(let stream) where machine.isOpen(stream):
                try session.submitContinue(on: stream)
            case .reopenStream(let stream, let bytes) where machine.isOpen(stream):
                try session.reopenStream(stream, by: bytes)
            case .reset(let stream, let code): try session.reset(stream, code)
            case .reopenConnection(let bytes): try session.reopenConnection(by: bytes)
            case .terminate(let code, let reason):
                if code != .noError {
                    let error = HTTP2Error(.protocolViolation, "the connection was ended: \(reason)")
                    transport.context.fireErrorCaught(error)
                }
                try session.terminate(code)
            case .stopAcceptingStreams: try session.stopAcceptingStreams()
            case .answer, .askForBody, .reopenStream: break  // The stream is gone.
            }
        }
    }

    private func deliver(_ exchange: ServerExchange, _ context: ChannelHandlerContext) {
        let request = HTTP2ServerRequest(
            method: exchange.method, path: exchange.path, authority: exchange.authority,
            headers: exchange.headers, body: exchange.body, remoteAddress: context.remoteAddress)
        let responder = HTTP2Responder(connection: self, exchange: exchange, eventLoop: context.eventLoop)
        exchange.discardRequest()
        respond(request, responder)
    }

    private func attempt(_ work: () throws(HTTP2Error) -> Void) {
        do throws(HTTP2Error) { try work() } catch { fail(error) }
    }

    private func fail(_ error: HTTP2Error) {
        guard let transport else { return }
        self.transport = nil
        transport.context.fireErrorCaught(error)
        transport.closeInError()
    }
}

extension HTTP2ServerHandler: HTTP2SessionEvents {
    func headersBegan(on stream: Int32, isFirst: Bool) {
        if isFirst { machine.requestBegan(on: stream) }
    }

    func wantsHeader(nameBytes: Int, valueBytes: Int, on stream: Int32) -> Bool {
        machine.wantsHeader(nameBytes: nameBytes, valueBytes: valueBytes, on: stream)
    }

    func receivedHeader(name: String, value: String, on stream: Int32) {
        machine.receivedHeader(name: name, value: value, on: stream)
    }

    func headersEnded(on stream: Int32, endsStream: Bool) {
        machine.headersEnded(on: stream, endsRequest: endsStream)
    }

    func receivedData(_ bytes: UnsafeRawBufferPointer, on stream: Int32) {
        machine.receivedData(bytes, on: stream)
    }

    func remoteEnded(_ stream: Int32) { machine.requestEnded(on: stream) }
    func remoteReset(_ stream: Int32) { machine.resetByPeer(stream) }
    func sentData(on stream: Int32) { machine.sentData(on: stream) }
    func localEnded(_ stream: Int32) { machine.answerEnded(on: stream) }
    func streamClosed(_ stream: Int32, code: HTTP2ErrorCode) { machine.streamClosed(stream) }
    func receivedSettings() {}
    func settingsAcknowledged() { machine.settingsAcknowledged() }
    func pingAcknowledged() { machine.pingAcknowledged() }
    func receivedGoAway(code: HTTP2ErrorCode) {}
}
