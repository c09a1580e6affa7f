public import NIOCore

/// The bounds that a client sets itself and its peer.
public struct HTTP2ClientConfiguration: Sendable {
    /// How long the connection may take to come about, the peer's first HTTP/2 frame included. Default 10
    /// seconds.
    public var connectTimeout = TimeAmount.seconds(10)
    /// How long an exchange may go without progress: a piece of its body sent, a piece of its response
    /// received. It is noticed at most a quarter of this late. Default 30 seconds.
    public var responseTimeout = TimeAmount.seconds(30)
    /// After this long without a byte from the peer a ping asks whether it is still there; nil for never.
    /// Default nil.
    public var keepalive: TimeAmount?
    /// How long a ping may stay unanswered. Default 10 seconds.
    public var keepaliveTimeout = TimeAmount.seconds(10)
    /// How many exchanges may be in flight or wait for the peer's limits; more fail at once. Default 128.
    public var maximumExchanges = 128
    /// The largest response body in bytes. Default 1 MiB.
    public var maximumResponseBytes = 1 << 20
    /// The largest list of response fields in bytes. Default 64 KiB.
    public var maximumHeaderBytes = 64 << 10

    /// The defaults.
    public init() {}

    var sessionOptions: HTTP2SessionOptions {
        HTTP2SessionOptions(
            role: .client, maximumConcurrentStreams: maximumExchanges, streamWindowBytes: 1 << 20,
            connectionWindowBytes: 16 << 20, maximumFrameBytes: 16_384,
            maximumHeaderBytes: maximumHeaderBytes)
    }

    var ticks: Ticks {
        Ticks(for: [responseTimeout, keepaliveTimeout] + (keepalive.map { [$0] } ?? []))
    }
}
