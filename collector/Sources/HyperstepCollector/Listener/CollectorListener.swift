internal import HyperstepHTTP2
public import Logging
public import NIOCore
internal import NIOHTTP1
internal import NIOPosix
public import ServiceLifecycle

/// The collector's server: HTTP/2 for batches and health, HTTP/1.1 for health, on one port.
///
/// ```swift
/// let listener = try await CollectorListener.bind(
///     ListenerSettings(), sink: ingest, readiness: DatabaseReadiness(url: url), logger: logger)
/// print(listener.localAddress)
/// let group = ServiceGroup(services: [listener], gracefulShutdownSignals: [.sigterm], logger: logger)
/// try await group.run()
/// ```
///
/// A graceful shutdown accepts no more connections and streams, waits for the requests in flight to be
/// answered, and closes.
public final class CollectorListener: Service {
    /// The address that is listened on, with the port that the system chose where none was asked for.
    public let localAddress: ListenAddress

    private let channel: any Channel
    private let connections: ConnectionRegistry
    private let budget: HTTP2ByteBudget
    private let settings: ListenerSettings
    private let logger: Logger

    private init(
        _ channel: any Channel, at address: ListenAddress, connections: ConnectionRegistry,
        budget: HTTP2ByteBudget, settings: ListenerSettings, logger: Logger
    ) {
        self.channel = channel
        self.connections = connections
        self.budget = budget
        self.settings = settings
        self.logger = logger
        localAddress = address
    }

    /// Bytes of request bodies that are held now, over all connections.
    public var bytesInFlight: Int { budget.bytesInFlight }

    /// Connections that are open now.
    public var openConnections: Int { connections.count }

    /// Binds the address. Connections wait in the system's queue until ``run()``, so that nobody is answered by a
    /// process that does not handle signals yet.
    ///
    /// - Parameters:
    ///   - settings: where to listen and within which bounds.
    ///   - sink: where batches go.
    ///   - readiness: asked for `/readyz`.
    ///   - runs: asked about runs; without it nothing is known of any.
    ///   - group: the event loops that serve the connections; nil for the process's shared ones.
    ///   - logger: told about connections that end badly (debug), start and shutdown (info).
    /// - Throws: `ListenerError` where the address cannot be had.
    public static func bind(
        _ settings: ListenerSettings, sink: any IngestSink, readiness: any ReadinessProbe,
        runs: any RunLookup = NoRuns(), group: (any EventLoopGroup)? = nil, logger: Logger
    ) async throws -> CollectorListener {
        let connections = ConnectionRegistry(maximum: settings.maximumConnections)
        let budget = HTTP2ByteBudget(limit: settings.maximumBytesInFlight)
        let configuration = settings.serverConfiguration(budget: budget)
        let health = HealthAnswers(readiness: readiness)
        let routes = CollectorRoutes(
            ingest: IngestEndpoint(sink: sink), runs: RunEndpoint(runs: runs), health: health)
        let bootstrap = ServerBootstrap(group: group ?? MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 256)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelOption(.autoRead, value: false)
            // A body of 8 MiB is read in pieces of this size.
            .childChannelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 128 << 10))
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard connections.add(channel) else { throw NoRoom() }
                    try channel.pipeline.syncOperations.addHandler(
                        HTTP2OrHTTP1Detector(
                            http2: { try addHTTP2(to: $0, configuration, routes, logger) },
                            http1: { try addHTTP1(to: $0, health, logger) }))
                }
            }
        let address = settings.address
        do {
            let channel = try await bootstrap.bind(host: address.numericHost, port: address.port).get()
            let bound = ListenAddress.bound(address, port: channel.localAddress?.port)
            logger.info("listening", metadata: ["address": "\(bound)"])
            return CollectorListener(
                channel, at: bound, connections: connections, budget: budget, settings: settings,
                logger: logger)
        } catch {
            throw ListenerError(address: address, reason: "\(error)")
        }
    }

    /// A connection beyond the bound is closed as it comes.
    private struct NoRoom: Error {}

    private static func addHTTP2(
        to channel: any Channel, _ configuration: HTTP2ServerConfiguration, _ routes: CollectorRoutes,
        _ logger: Logger
    ) throws {
        try channel.pipeline.syncOperations.addHandlers(
            HTTP2ServerHandler(configuration: configuration) { routes.handle($0, $1) },
            ConnectionLog(logger: logger))
    }

    private static func addHTTP1(to channel: any Channel, _ health: HealthAnswers, _ logger: Logger) throws {
        // Not NIO's own pipeline for servers: its handler for pipelined requests traps where a connection is
        // closed for a shutdown in the middle of a request, and there is only one request a connection here.
        try channel.pipeline.syncOperations.addHandlers(
            HTTPResponseEncoder(),
            ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes)),
            HTTP1Handler(health: health), ConnectionLog(logger: logger))
    }

    /// Accepts connections from now on. ``run()`` begins with it.
    func accept() async {
        // It fails only where the listener was shut down already.
        try? await channel.setOption(.autoRead, value: true).get()
    }

    /// Serves until a graceful shutdown or the task's cancellation, then until the last request in flight is
    /// answered, or the settings' time for that is over.
    public func run() async throws {
        await accept()
        try? await gracefulShutdown()
        await shutDown()
    }

    /// Accepts nothing more, lets what is in flight be answered, closes. Again is harmless.
    public func shutDown() async {
        try? await channel.close()
        let cut = await connections.shutDown(timeout: settings.drainTimeout)
        if cut > 0 {
            logger.warning(
                "connections were closed before their requests were answered",
                metadata: ["connections": "\(cut)"])
        }
        logger.info("stopped listening", metadata: ["address": "\(localAddress)"])
    }
}
