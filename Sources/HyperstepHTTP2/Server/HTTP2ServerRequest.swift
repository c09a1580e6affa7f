public import NIOCore

/// A request as a server received it, whole.
public struct HTTP2ServerRequest: Sendable {
    /// The method, such as `POST`.
    public let method: String
    /// Path and query as sent.
    public let path: String
    /// The host that the client addressed, or empty.
    public let authority: String
    /// The other fields, names in lower case.
    public let headers: HTTP2Headers
    /// The body; empty for none.
    public let body: ByteBuffer
    /// The client's address, where the channel knows one.
    public let remoteAddress: SocketAddress?

    /// The value of the first field of this name, in whatever case the name is given; nil where there is none.
    public func header(_ name: String) -> String? {
        headers.first(named: name.lowercased())
    }
}
