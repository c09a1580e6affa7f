internal import NIOCore

/// One request and its answer, from the first header field to the end of the stream and the release of its
/// bytes, whichever is later.
final class ServerExchange {
    enum Phase {
        /// Header fields arrive.
        case headers
        /// The body arrives.
        case body
        /// The owner has the request and has not answered.
        case delivered
        /// An answer is on its way out; what still arrives of the request is discarded.
        case answered
    }

    let stream: Int32
    var phase = Phase.headers

    var method = ""
    var path = ""
    var authority = ""
    var headers: HTTP2Headers = []
    var headerBytes = 0
    /// What `content-length` announced.
    var announcedBytes: Int?
    var expectsContinue = false
    var body = ByteBuffer()
    var reservation: ByteReservation?

    /// Bytes of the connection's window that stay closed until the request is released.
    var withheldBytes = 0
    var isRemoteEnded = false
    var isLocalEnded = false
    var isClosed = false
    var isReleased = false
    /// Ticks since something moved.
    var quietTicks = 0

    init(stream: Int32) { self.stream = stream }

    /// Keeps a field. libnghttp2 has checked that pseudo-header fields come first, once, and are known.
    func take(_ name: String, _ value: String) {
        switch name {
        case ":method": method = value
        case ":path": path = value
        case ":authority": authority = value
        case ":scheme": break
        default:
            if name == "content-length" { announcedBytes = Int(value) }
            if name == "expect", value.lowercased() == "100-continue" { expectsContinue = true }
            headers.append((name, value))
        }
    }

    /// Forgets what an answered request no longer needs.
    func discardRequest() {
        body = ByteBuffer()
        headers = []
    }

    /// Whether nothing is left to do or to account for.
    var isSpent: Bool { isClosed && (isReleased || phase != .delivered) }
}
