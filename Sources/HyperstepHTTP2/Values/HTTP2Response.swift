public import NIOCore

/// A response: what a client receives, and what a server's responder answers.
public struct HTTP2Response: Sendable {
    /// The status code, 200 to 599.
    public var status: Int
    /// The fields in their order, names in lower case.
    public var headers: HTTP2Headers
    /// The body; empty for none.
    public var body: ByteBuffer

    /// A response; what is not given is empty.
    public init(status: Int, headers: HTTP2Headers = [], body: ByteBuffer = ByteBuffer()) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// A response with a sentence as plain text.
    public init(status: Int, headers: HTTP2Headers = [], text: String) {
        self.init(
            status: status, headers: headers + [("content-type", "text/plain; charset=utf-8")],
            body: ByteBuffer(string: text + "\n"))
    }

    /// The value of the first field of this name, in whatever case the name is given; nil where there is none.
    public func header(_ name: String) -> String? {
        headers.first(named: name.lowercased())
    }

    /// Why this response cannot be sent, or nil.
    var complaint: String? {
        if !(200...599).contains(status) { return "status \(status) is not between 200 and 599" }
        return HeaderValidation.complaint(about: headers)
    }

    /// The answer to HEAD: what the body's length would have been, and no body.
    var withoutBody: HTTP2Response {
        var bodiless = self
        if headers.first(named: "content-length") == nil {
            bodiless.headers.append(("content-length", String(body.readableBytes)))
        }
        bodiless.body = ByteBuffer()
        return bodiless
    }

    /// `:status` first, as the protocol wants it, and the length of the body.
    var allFields: HTTP2Headers {
        var fields: HTTP2Headers = [(":status", String(status))]
        fields.append(contentsOf: headers)
        if status != 204, status != 304, headers.first(named: "content-length") == nil {
            fields.append(("content-length", String(body.readableBytes)))
        }
        return fields
    }
}
