public import NIOCore
internal import Synchronization

/// Answers one request, once, from any thread.
///
/// The request's bytes count against the connection's window and the server's budget until `release()` or
/// `respond` is called, or until nobody holds the responder any more; one that goes away unanswered answers
/// 500. Where the client has gone meanwhile, all of it is harmless and does nothing.
///
/// ```swift
/// HTTP2ServerHandler { request, responder in
///     queue.async { responder.respond(status: 200, headers: [("content-type", "text/plain")]) }
/// }
/// ```
public final class HTTP2Responder: Sendable {
    /// The event loop of the request's connection.
    public let eventLoop: any EventLoop
    private let connection: NIOLoopBound<HTTP2ServerHandler>
    private let stream: Int32
    private let reservation: ByteReservation?
    private let isAnswered = Atomic<Bool>(false)
    private let isReleased = Atomic<Bool>(false)

    init(connection: HTTP2ServerHandler, exchange: ServerExchange, eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
        self.connection = NIOLoopBound(connection, eventLoop: eventLoop)
        stream = exchange.stream
        reservation = exchange.reservation
    }

    /// Answers and releases. Returns whether this was the first answer; later ones are ignored.
    ///
    /// A response that cannot be sent (a status outside 200 to 599, a field with a line break) is answered as
    /// 500.
    @discardableResult
    public func respond(_ response: HTTP2Response) -> Bool {
        // Relaxed orderings here and below: each flag only decides who is first, and guards no other memory.
        guard !isAnswered.exchange(true, ordering: .relaxed) else { return false }
        reservation?.release()
        Self.onLoop(eventLoop) { [connection, stream] in connection.value.answer(stream, with: response) }
        return true
    }

    /// Answers and releases. Returns whether this was the first answer; later ones are ignored.
    @discardableResult
    public func respond(
        status: Int, headers: HTTP2Headers = [], body: ByteBuffer = ByteBuffer()
    ) -> Bool {
        respond(HTTP2Response(status: status, headers: headers, body: body))
    }

    /// Says that the request's bytes are no longer held, ahead of the answer, so that the client may send as
    /// many more.
    public func release() {
        guard !isReleased.exchange(true, ordering: .relaxed) else { return }
        reservation?.release()
        Self.onLoop(eventLoop) { [connection, stream] in connection.value.release(stream) }
    }

    deinit {
        guard !isAnswered.load(ordering: .relaxed) else { return }
        reservation?.release()
        Self.onLoop(eventLoop) { [connection, stream] in connection.value.answerAbandoned(stream) }
    }

    private static func onLoop(_ eventLoop: any EventLoop, _ work: @escaping @Sendable () -> Void) {
        if eventLoop.inEventLoop { work() } else { eventLoop.execute(work) }
    }
}
