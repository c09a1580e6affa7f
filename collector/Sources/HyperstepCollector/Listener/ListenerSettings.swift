internal import HyperstepHTTP2
internal import HyperstepWire
internal import NIOCore

/// How the collector listens.
public struct ListenerSettings: Sendable {
    /// Where. Default `127.0.0.1:4319`.
    public var address = ListenAddress.standard
    /// How many connections may be open at once; more are closed as they come. Default 1,024.
    public var maximumConnections = 1024
    /// The largest request body in bytes; beyond it the answer is 413. Default 8 MiB, as the contract says.
    public var maximumBodyBytes = WireLimits.maxBodyBytes
    /// How many bytes of request bodies may be held over all connections until they are answered; beyond it
    /// the answer is 503 with `retry-after`. Default 256 MiB.
    public var maximumBytesInFlight = 256 << 20
    /// How long a shutdown waits for requests in flight before it closes their connections. Default 20 seconds.
    public var drainTimeout = Duration.seconds(20)

    /// The defaults.
    public init() {}

    /// The part of the collector's settings that is about listening.
    public init(_ settings: CollectorSettings) {
        address = settings.listen
        maximumBodyBytes = settings.bodyBytes
        maximumBytesInFlight = settings.inFlightBytes
        drainTimeout = .seconds(settings.shutdownSeconds)
    }

    func serverConfiguration(budget: HTTP2ByteBudget) -> HTTP2ServerConfiguration {
        var configuration = HTTP2ServerConfiguration()
        configuration.maximumBodyBytes = maximumBodyBytes
        configuration.idleTimeout = .minutes(15)
        configuration.budget = budget
        configuration.refusalResponse = { IngestAnswer.response(to: $0) }
        return configuration
    }
}
