import HyperstepHTTP2
import HyperstepWire
import Logging
import NIOCore

/// The one connection of a shipper to its collector: made when it is needed, made again when it is lost.
///
/// Lives on the shipper's event loop and is touched from nowhere else.
final class Link {
    private enum State {
        case idle
        case connecting
        case ready(HTTP2Client)
        /// Until the next attempt is due.
        case waiting
        /// Until it may be connected again, if anybody wants to.
        case resting
        case closed
    }

    private let endpoint: Endpoint
    private let headers: [(name: String, value: String)]
    private let eventLoop: any EventLoop
    private var state = State.idle
    private var backoff = Backoff()
    private var generator = SystemRandomNumberGenerator()
    private var report: LinkReport
    private var inFlight = 0
    /// Whether anything was answered on this connection, and when it was made.
    private var hasAnswered = false
    private var connectedAt = NIODeadline.now()
    /// Requests of all streams together that wait for their answers.
    private static let maxInFlight = 64
    /// Called whenever requests can be sent, after a time when they could not.
    var onReady: () -> Void = {}

    init(endpoint: Endpoint, token: String?, eventLoop: any EventLoop, logger: Logger) {
        self.endpoint = endpoint
        self.eventLoop = eventLoop
        report = LinkReport(endpoint: endpoint, logger: logger)
        headers =
            [("content-type", "application/x-protobuf")]
            + (token.map { [("authorization", "Bearer \($0)")] } ?? [])
    }

    /// Whether there is a connection.
    var isConnected: Bool {
        if case .ready = state { true } else { false }
    }

    /// Whether a request can be sent now. Where not, connecting begins, if it is time.
    var isReady: Bool {
        switch state {
        case .ready: return inFlight < Self.maxInFlight
        case .idle:
            connect()
            return false
        case .connecting, .waiting, .resting, .closed: return false
        }
    }

    /// Posts a batch. `onSent` is called when its bytes are with the socket, `onAnswer` with what came back,
    /// both on the event loop and in that order.
    func post(_ batch: [UInt8], onSent: @escaping () -> Void, onAnswer: @escaping (Answer) -> Void) {
        guard case .ready(let client) = state else {
            onSent()
            onAnswer(.unavailable(reason: "not connected", retryAfter: nil))
            return
        }
        inFlight += 1
        let exchange = client.send(
            HTTP2Request(
                method: "POST", scheme: "http", authority: endpoint.authority, path: "/v1/ingest",
                headers: headers, body: ByteBuffer(bytes: batch)))
        exchange.bodySent.assumeIsolated().whenComplete { _ in onSent() }
        exchange.response.assumeIsolated().whenComplete { [weak self] result in
            self?.inFlight -= 1
            switch result {
            case .success(let response): onAnswer(Answer(response))
            case .failure(let error): onAnswer(.unavailable(reason: "\(error)", retryAfter: nil))
            }
        }
    }

    /// Closes the connection for good.
    func close() {
        if case .ready(let client) = state { _ = client.close() }
        state = .closed
    }

    private func connect() {
        state = .connecting
        var configuration = HTTP2ClientConfiguration()
        configuration.keepalive = .seconds(15)
        HTTP2Client.connect(
            host: endpoint.host, port: endpoint.port, on: eventLoop, configuration: configuration
        )
        .assumeIsolated().whenComplete { [weak self] result in self?.connected(result) }
    }

    private func connected(_ result: Result<HTTP2Client, any Error>) {
        guard case .connecting = state else {
            // Closed meanwhile.
            if case .success(let client) = result { _ = client.close() }
            return
        }
        switch result {
        case .success(let client):
            state = .ready(client)
            (hasAnswered, connectedAt) = (false, .now())
            client.closeFuture.assumeIsolated().whenComplete { [weak self] _ in self?.lost() }
            onReady()
        case .failure(let error):
            report.failed("\(error)")
            retryLater()
        }
    }

    private func lost() {
        guard case .ready = state else { return }
        if inFlight > 0 {
            report.failed("the connection was closed")
            retryLater()
        } else if hasAnswered || NIODeadline.now() - connectedAt >= Self.idleTime {
            // Nothing was asked: a collector closes idle connections. The next batch makes another.
            state = .idle
        } else {
            // What takes connections only to close them, as a proxy without a collector behind it, is no collector. It
            // is connected to again no sooner than one that refuses.
            report.failed("the connection was closed before anything was sent")
            rest()
        }
    }

    /// A connection that was kept for so long was kept by somebody.
    private static let idleTime = TimeAmount.seconds(1)

    private func rest() {
        state = .resting
        let wait = backoff.next(using: &generator)
        eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(wait.milliseconds)) { [weak self] in
            guard let self, case .resting = state else { return }
            state = .idle
        }
    }

    private func retryLater() {
        state = .waiting
        let wait = backoff.next(using: &generator)
        eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(wait.milliseconds)) { [weak self] in
            guard let self, case .waiting = state else { return }
            connect()
        }
    }

    /// An answer showed that the collector works: the next failure is retried shortly.
    func worked() {
        hasAnswered = true
        backoff.reset()
        report.worked()
    }

    /// An answer said not now.
    func refused(_ reason: String) {
        report.failed(reason)
    }
}
