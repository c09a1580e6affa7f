internal import NIOCore

/// One request's state in its connection's handler.
final class ClientExchange {
    let bodySent: EventLoopPromise<Void>
    let response: EventLoopPromise<HTTP2Response>

    var status = 0
    var headers: HTTP2Headers = []
    var headerBytes = 0
    var body = ByteBuffer()
    /// Whether the last frame of the request went to the output.
    var isLocalEnded = false
    /// Whether a handler has completed the response's promise, or is about to.
    var isSettled = false
    var isBodySettled = false
    /// Ticks since something moved.
    var quietTicks = 0

    init(bodySent: EventLoopPromise<Void>, response: EventLoopPromise<HTTP2Response>) {
        self.bodySent = bodySent
        self.response = response
    }

    /// What arrived before was an informational response (1xx) and is replaced by what follows.
    func forgetInformational() {
        status = 0
        headers = []
        headerBytes = 0
    }

    var isInformational: Bool { (100...199).contains(status) }

    var finished: HTTP2Response { HTTP2Response(status: status, headers: headers, body: body) }
}
