public import NIOCore

/// A request as a client sends it.
///
/// ```swift
/// let request = HTTP2Request(
///     method: "POST", authority: "127.0.0.1:4319", path: "/v1/ingest",
///     headers: [("content-type", "application/x-protobuf")], body: bytes)
/// ```
public struct HTTP2Request: Sendable {
    /// The method, such as `POST`.
    public var method: String
    /// `http`, or `https` where the connection is encrypted.
    public var scheme: String
    /// Host and port as the user wrote them, such as `127.0.0.1:4319`.
    public var authority: String
    /// Path and query, starting with `/`.
    public var path: String
    /// Further fields, names in lower case. `content-length` is added where there is a body.
    public var headers: HTTP2Headers
    /// The body; empty for none.
    public var body: ByteBuffer

    /// A request; what is not given is empty, and the scheme is `http`.
    public init(
        method: String, scheme: String = "http", authority: String, path: String,
        headers: HTTP2Headers = [], body: ByteBuffer = ByteBuffer()
    ) {
        self.method = method
        self.scheme = scheme
        self.authority = authority
        self.path = path
        self.headers = headers
        self.body = body
    }

    /// Why this request cannot be sent, or nil.
    var complaint: String? {
        if !HeaderValidation.isMethod(method) { return "the method is not a token" }
        if scheme != "http" && scheme != "https" { return "the scheme is neither http nor https" }
        if !HeaderValidation.isVisible(authority) { return "the authority is empty or has blanks" }
        if !path.hasPrefix("/") || !HeaderValidation.isVisible(path) {
            return "the path does not start with / or has blanks"
        }
        return HeaderValidation.complaint(about: headers)
    }

    /// Pseudo-header fields first, as the protocol wants them.
    var allFields: HTTP2Headers {
        var fields: HTTP2Headers = [
            (":method", method), (":scheme", scheme), (":authority", authority), (":path", path),
        ]
        fields.append(contentsOf: headers)
        if body.readableBytes > 0, headers.first(named: "content-length") == nil {
            fields.append(("content-length", String(body.readableBytes)))
        }
        return fields
    }
}
