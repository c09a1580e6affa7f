internal import NIOCore

/// What a server does on one connection, without doing it: events of the session and decisions of the owner go
/// in, actions come out. No I/O, no clock and no libnghttp2, so that every rule can be tested on its own.
final class ServerConnection {
    enum Action {
        /// Hand the request of this stream to the owner.
        case deliver(ServerExchange)
        /// Send an answer.
        case answer(Int32, HTTP2Response)
        /// Tell a waiting client to send its body.
        case askForBody(Int32)
        case reopenStream(Int32, Int)
        case reopenConnection(Int)
        case reset(Int32, HTTP2ErrorCode)
        /// End the connection with this code; the text says why.
        case terminate(HTTP2ErrorCode, String)
        case stopAcceptingStreams
    }

    let configuration: HTTP2ServerConfiguration
    let ticks: Ticks
    private(set) var exchanges: [Int32: ServerExchange] = [:]
    private var actions = CircularBuffer<Action>()
    private var resets = ResetRateLimit()
    private var idleTicks = 0
    private var settingsTicks: Int? = 0
    private var isTerminated = false
    private var shutdown = Shutdown.none

    /// How long a client may go on sending a body that has been answered.
    private static let lingerTime = TimeAmount.seconds(2)

    private enum Shutdown { case none, announced(ticks: Int), stopped }

    init(_ configuration: HTTP2ServerConfiguration) {
        configuration.validate()
        self.configuration = configuration
        ticks = Ticks(for: [
            configuration.idleTimeout, configuration.progressTimeout, configuration.settingsTimeout,
        ])
    }

    /// The next thing to do, in order.
    func nextAction() -> Action? { actions.popFirst() }

    var hasActions: Bool { !actions.isEmpty }

    func isOpen(_ stream: Int32) -> Bool { exchanges[stream].map { !$0.isClosed } ?? false }

    // MARK: The request arrives

    func requestBegan(on stream: Int32) {
        idleTicks = 0
        // Exchanges outlive their streams until they are released: resetting streams must not pile them up.
        guard exchanges.count < 2 * configuration.maximumConcurrentStreams else {
            return actions.append(.reset(stream, .refusedStream))
        }
        exchanges[stream] = ServerExchange(stream: stream)
    }

    func wantsHeader(nameBytes: Int, valueBytes: Int, on stream: Int32) -> Bool {
        guard let exchange = exchanges[stream] else { return false }
        exchange.headerBytes += HTTP2Headers.listSize(nameBytes: nameBytes, valueBytes: valueBytes)
        if exchange.headerBytes > 16 * configuration.maximumHeaderBytes {
            terminate(.enhanceYourCalm, "a header list without end")
        }
        return exchange.phase == .headers && exchange.headerBytes <= configuration.maximumHeaderBytes
    }

    func receivedHeader(name: String, value: String, on stream: Int32) {
        exchanges[stream]?.take(name, value)
    }

    func headersEnded(on stream: Int32, endsRequest: Bool) {
        guard let exchange = exchanges[stream], exchange.phase == .headers else { return }
        exchange.quietTicks = 0
        exchange.phase = .body
        guard exchange.headerBytes <= configuration.maximumHeaderBytes else {
            return refuse(exchange, .headersTooLarge(limit: configuration.maximumHeaderBytes))
        }
        if !endsRequest { admitBody(of: exchange) }
    }

    /// Decides as early as the header fields whether there is room for a body.
    private func admitBody(of exchange: ServerExchange) {
        let announced = exchange.announcedBytes ?? 0
        guard announced <= configuration.maximumBodyBytes else {
            return refuse(exchange, .bodyTooLarge(limit: configuration.maximumBodyBytes))
        }
        if let budget = configuration.budget {
            let reservation = ByteReservation(in: budget)
            guard budget.bytesInFlight < budget.limit, reservation.grow(by: announced) else {
                return refuse(exchange, .overBudget(limit: budget.limit))
            }
            exchange.reservation = reservation
        }
        exchange.body.reserveCapacity(announced)
        if exchange.expectsContinue { actions.append(.askForBody(exchange.stream)) }
    }

    func receivedData(_ bytes: UnsafeRawBufferPointer, on stream: Int32) {
        guard let exchange = exchanges[stream], exchange.phase == .body else {
            return actions.append(.reopenConnection(bytes.count))
        }
        exchange.quietTicks = 0
        exchange.withheldBytes += bytes.count
        guard exchange.body.readableBytes + bytes.count <= configuration.maximumBodyBytes else {
            return refuse(exchange, .bodyTooLarge(limit: configuration.maximumBodyBytes))
        }
        if exchange.announcedBytes == nil, let reservation = exchange.reservation,
            !reservation.grow(by: bytes.count)
        {
            return refuse(exchange, .overBudget(limit: configuration.budget?.limit ?? 0))
        }
        exchange.body.writeBytes(bytes)
        actions.append(.reopenStream(stream, bytes.count))
    }

    func requestEnded(on stream: Int32) {
        guard let exchange = exchanges[stream] else { return }
        exchange.isRemoteEnded = true
        guard exchange.phase == .body else { return }
        exchange.phase = .delivered
        actions.append(.deliver(exchange))
    }

    func resetByPeer(_ stream: Int32) {
        // One that stops sending after its answer does what it should.
        guard let exchange = exchanges[stream], exchange.phase != .answered else { return }
        if !resets.take() {
            terminate(.enhanceYourCalm, "streams are opened and reset too fast")
        }
    }

    // MARK: The answer leaves

    /// The owner, or the server itself, answers. False where nobody is left to hear it.
    @discardableResult
    func answer(_ stream: Int32, with response: HTTP2Response) -> Bool {
        guard let exchange = exchanges[stream] else { return false }
        release(stream)
        guard exchange.phase != .answered, !exchange.isClosed else {
            forgetIfSpent(exchange)
            return false
        }
        var response = response
        if let complaint = response.complaint {
            response = configuration.refusalResponse(.unanswered("the answer cannot be sent: \(complaint)"))
        }
        if exchange.method == "HEAD" {
            response = response.withoutBody
        }
        exchange.phase = .answered
        exchange.quietTicks = 0
        exchange.discardRequest()
        actions.append(.answer(stream, response))
        return true
    }

    private func refuse(_ exchange: ServerExchange, _ refusal: HTTP2Refusal) {
        answer(exchange.stream, with: configuration.refusalResponse(refusal))
    }

    /// The owner needs the bytes of this request no longer: the connection's window reopens by as many.
    func release(_ stream: Int32) {
        guard let exchange = exchanges[stream], !exchange.isReleased else { return }
        exchange.isReleased = true
        exchange.reservation?.release()
        reopenWithheld(of: exchange)
        forgetIfSpent(exchange)
    }

    private func reopenWithheld(of exchange: ServerExchange) {
        guard exchange.withheldBytes > 0 else { return }
        actions.append(.reopenConnection(exchange.withheldBytes))
        exchange.withheldBytes = 0
    }

    func sentData(on stream: Int32) { exchanges[stream]?.quietTicks = 0 }

    /// The answer is out. Where it left before its request had arrived whole, the client gets a moment to
    /// read it and to stop by itself before it is told to (RFC 9113, 8.1): some clients forget an answer when
    /// the reset comes with it. Meanwhile what arrives is discarded, and the stream's window stays closed.
    func answerEnded(on stream: Int32) {
        guard let exchange = exchanges[stream] else { return }
        exchange.isLocalEnded = true
        exchange.quietTicks = 0
    }

    func streamClosed(_ stream: Int32) {
        guard let exchange = exchanges[stream] else { return }
        idleTicks = 0
        exchange.isClosed = true
        // A delivered request stays with its owner, bytes and all, until it is released.
        if exchange.phase != .delivered { release(stream) }
        forgetIfSpent(exchange)
    }

    private func forgetIfSpent(_ exchange: ServerExchange) {
        if exchange.isSpent { exchanges[exchange.stream] = nil }
    }

    /// Bodies that are not whole must not wait for each other: when the window is used up by them alone, no
    /// release will ever reopen it. Then it reopens by what they hold; the budget still bounds the memory.
    func reopenIfStuck(peerMaySend: Int) {
        guard peerMaySend < 16_384 else { return }
        let holders = exchanges.values.filter { $0.withheldBytes > 0 }
        guard !holders.contains(where: { $0.phase == .delivered }) else { return }
        for exchange in holders { reopenWithheld(of: exchange) }
    }

    // MARK: The connection

    func settingsAcknowledged() { settingsTicks = nil }

    func shutdownAnnounced() {
        if case .none = shutdown { shutdown = .announced(ticks: 0) }
    }

    /// One round trip after the announcement no stream is under way that the client did not know to avoid.
    func pingAcknowledged() {
        if case .announced = shutdown { stopAccepting() }
    }

    private func stopAccepting() {
        shutdown = .stopped
        actions.append(.stopAcceptingStreams)
    }

    func tick() {
        resets.refill(seconds: ticks.seconds)
        checkConnection()
        for exchange in exchanges.values where !exchange.isClosed { check(exchange) }
    }

    private func checkConnection() {
        if case .announced(let count) = shutdown {
            shutdown = .announced(ticks: count + 1)
            if count >= ticks.count(of: .seconds(1)) { stopAccepting() }
        }
        if let count = settingsTicks {
            settingsTicks = count + 1
            if count >= ticks.count(of: configuration.settingsTimeout) {
                terminate(.settingsTimeout, "the client did not acknowledge the server's settings")
            }
        }
        idleTicks = exchanges.isEmpty ? idleTicks + 1 : 0
        if idleTicks > ticks.count(of: configuration.idleTimeout) {
            terminate(.noError, "idle")
        }
    }

    private func check(_ exchange: ServerExchange) {
        exchange.quietTicks += 1
        if exchange.isLocalEnded, exchange.quietTicks > ticks.count(of: Self.lingerTime) {
            return actions.append(.reset(exchange.stream, .noError))
        }
        guard exchange.quietTicks > ticks.count(of: configuration.progressTimeout) else { return }
        switch exchange.phase {
        case .headers: terminate(.enhanceYourCalm, "a header list was begun and not ended")
        case .body: refuse(exchange, .bodyTimedOut(configuration.progressTimeout))
        case .delivered: break
        case .answered:
            exchange.quietTicks = 0
            actions.append(.reset(exchange.stream, .cancel))
        }
    }

    private func terminate(_ code: HTTP2ErrorCode, _ reason: String) {
        guard !isTerminated else { return }
        isTerminated = true
        actions.append(.terminate(code, reason))
    }

    /// The peer is gone. Requests that the owner holds stay accounted for until it releases them.
    func connectionClosed() {
        for stream in Array(exchanges.keys) { streamClosed(stream) }
        actions.removeAll()
    }
}
