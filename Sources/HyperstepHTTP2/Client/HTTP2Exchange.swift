public import NIOCore

/// One request under way and what becomes of it.
public struct HTTP2Exchange: Sendable {
    /// Succeeds when the kernel has taken the last frame of the request. A request that is sent only then is
    /// received whole after this one, although this one may still wait for its response. Fails when the body
    /// will never be wholly sent.
    public let bodySent: EventLoopFuture<Void>
    /// The response, whole, whatever its status; or an `HTTP2Error`.
    public let response: EventLoopFuture<HTTP2Response>
}
