public import NIOCore

/// The bounds that a server sets its clients. The defaults suit requests of up to 8 MiB.
public struct HTTP2ServerConfiguration: Sendable {
    /// The largest request body, in bytes; beyond it the answer is 413. Default 8 MiB.
    public var maximumBodyBytes = 8 << 20
    /// The largest header list, counted as RFC 9113 counts (32 bytes for each field on top); beyond it the
    /// answer is 431. Default 16 KiB.
    public var maximumHeaderBytes = 16 << 10
    /// How many requests one connection may have in flight. Default 100.
    public var maximumConcurrentStreams = 100
    /// How many bytes of one body may be under way, 65,535 to 2³¹-1. Default 1 MiB.
    public var streamWindowBytes = 1 << 20
    /// How many bytes of unreleased bodies one connection may send before it has to wait, 65,535 to 2³¹-1.
    /// Default 16 MiB.
    public var connectionWindowBytes = 16 << 20
    /// The largest frame a client may send, 16,384 to 16,777,215 bytes. Default 64 KiB.
    public var maximumFrameBytes = 64 << 10
    /// A connection without a request for this long is told goodbye. Default 5 minutes.
    public var idleTimeout = TimeAmount.minutes(5)
    /// A body of which nothing arrives, or an answer of which nothing can be sent, for this long is given up.
    /// Default 30 seconds.
    public var progressTimeout = TimeAmount.seconds(30)
    /// How long a client may take to acknowledge the server's settings. Default 10 seconds.
    public var settingsTimeout = TimeAmount.seconds(10)
    /// The bound on bytes held over all connections that share this object; nil for none.
    public var budget: HTTP2ByteBudget?
    /// How a request is answered that the server refuses itself. Called on the connection's event loop.
    public var refusalResponse: @Sendable (HTTP2Refusal) -> HTTP2Response = { $0.plainResponse }

    /// The defaults.
    public init() {}

    func validate() {
        let windows = 65_535...Int(Int32.max)
        precondition(windows.contains(streamWindowBytes), "streamWindowBytes is out of range")
        precondition(windows.contains(connectionWindowBytes), "connectionWindowBytes is out of range")
        precondition((16_384...16_777_215).contains(maximumFrameBytes), "maximumFrameBytes is out of range")
        precondition(
            maximumBodyBytes >= 0 && maximumHeaderBytes > 0 && maximumConcurrentStreams > 0,
            "bounds must be positive")
    }

    var sessionOptions: HTTP2SessionOptions {
        HTTP2SessionOptions(
            role: .server, maximumConcurrentStreams: maximumConcurrentStreams,
            streamWindowBytes: streamWindowBytes, connectionWindowBytes: connectionWindowBytes,
            maximumFrameBytes: maximumFrameBytes, maximumHeaderBytes: maximumHeaderBytes)
    }
}
