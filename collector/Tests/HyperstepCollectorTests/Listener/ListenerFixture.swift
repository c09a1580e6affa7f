import HyperstepHTTP2
import HyperstepWire
import Logging
import NIOCore
import NIOPosix
import Synchronization

@testable import HyperstepCollector

/// A sink that answers as a test tells it, and remembers what it was given.
final class ScriptedSink: IngestSink {
    private struct State {
        var outcome: IngestOutcome?
        var batches: [Batch] = []
        var bytes = 0
        var held: [@Sendable (IngestOutcome) -> Void] = []
    }

    private let state: Mutex<State>

    /// With nil, batches are held until `answerHeld`.
    init(_ outcome: IngestOutcome? = .committed(nextPosition: 7)) {
        state = Mutex(State(outcome: outcome))
    }

    func submit(_ batch: Batch, bytes: Int, completion: @escaping @Sendable (IngestOutcome) -> Void) {
        let outcome = state.withLock { state in
            state.batches.append(batch)
            state.bytes += bytes
            if state.outcome == nil { state.held.append(completion) }
            return state.outcome
        }
        if let outcome { completion(outcome) }
    }

    var batches: [Batch] { state.withLock { $0.batches } }
    var bytes: Int { state.withLock { $0.bytes } }

    func answer(with outcome: IngestOutcome) { state.withLock { $0.outcome = outcome } }

    func answerHeld(_ outcome: IngestOutcome) {
        let held = state.withLock { state in
            defer { state.held = [] }
            return state.held
        }
        for completion in held { completion(outcome) }
    }

    /// Returns when so many batches have come.
    func waitForBatches(_ count: Int) async throws {
        while state.withLock({ $0.batches.count }) < count { try await Task.sleep(for: .milliseconds(1)) }
    }
}

/// Ready or not, as a test says.
final class ScriptedProbe: ReadinessProbe {
    private struct State {
        var readiness: Readiness
        var isHeld = false
        var questions = 0
    }

    private let state: Mutex<State>

    init(_ readiness: Readiness = .ready) { state = Mutex(State(readiness: readiness)) }

    func check() async -> Readiness {
        state.withLock { $0.questions += 1 }
        while state.withLock({ $0.isHeld }) { try? await Task.sleep(for: .milliseconds(1)) }
        return state.withLock { $0.readiness }
    }

    func set(_ new: Readiness) { state.withLock { $0.readiness = new } }

    /// Questions wait for their answer from now on.
    func hold() { state.withLock { $0.isHeld = true } }
    func letGo() { state.withLock { $0.isHeld = false } }

    func waitUntilAsked() async throws {
        while state.withLock({ $0.questions == 0 }) { try await Task.sleep(for: .milliseconds(1)) }
    }
}

/// A listener on a port of the system's choosing, with a client.
struct ListenerFixture {
    let listener: CollectorListener
    let sink: ScriptedSink
    let probe: ScriptedProbe
    let client: HTTP2Client

    static func start(
        _ outcome: IngestOutcome? = .committed(nextPosition: 7),
        _ change: (inout ListenerSettings) -> Void = { _ in }
    ) async throws -> ListenerFixture {
        var settings = ListenerSettings()
        settings.address = try ListenAddress("127.0.0.1:0")
        change(&settings)
        let (sink, probe) = (ScriptedSink(outcome), ScriptedProbe())
        let listener = try await CollectorListener.bind(
            settings, sink: sink, readiness: probe,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        await listener.accept()
        let client = try await connect(to: listener)
        return ListenerFixture(listener: listener, sink: sink, probe: probe, client: client)
    }

    static func connect(to listener: CollectorListener) async throws -> HTTP2Client {
        var configuration = HTTP2ClientConfiguration()
        configuration.connectTimeout = .minutes(1)
        configuration.responseTimeout = .minutes(5)
        return try await HTTP2Client.connect(
            host: listener.localAddress.host, port: listener.localAddress.port,
            on: MultiThreadedEventLoopGroup.singleton.next(), configuration: configuration
        ).get()
    }

    func request(
        _ method: String, _ path: String, headers: HTTP2Headers = [], body: ByteBuffer = ByteBuffer()
    ) -> HTTP2Request {
        HTTP2Request(
            method: method, authority: "\(listener.localAddress)", path: path, headers: headers, body: body)
    }

    func send(_ method: String, _ path: String, headers: HTTP2Headers = []) async throws -> HTTP2Response {
        try await client.send(request(method, path, headers: headers)).response.get()
    }

    func ingestRequest(_ body: [UInt8], headers: HTTP2Headers = [("content-type", "application/x-protobuf")])
        -> HTTP2Request
    {
        request("POST", "/v1/ingest", headers: headers, body: ByteBuffer(bytes: body))
    }

    func ingest(
        _ body: [UInt8], headers: HTTP2Headers = [("content-type", "application/x-protobuf")]
    ) async throws -> HTTP2Response {
        try await client.send(ingestRequest(body, headers: headers)).response.get()
    }

    /// Sends bytes that need not be HTTP on a connection of their own, and returns what comes back until it
    /// is closed.
    func raw(_ bytes: [UInt8]) async throws -> String {
        let everything = MultiThreadedEventLoopGroup.singleton.next().makePromise(of: String.self)
        let channel = try await ClientBootstrap(group: everything.futureResult.eventLoop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ReadToEnd(everything))
                }
            }
            .connect(host: listener.localAddress.host, port: listener.localAddress.port).get()
        channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil)
        return try await everything.futureResult.get()
    }

    func stop() async throws {
        try await client.close().get()
        await listener.shutDown()
    }
}

private final class ReadToEnd: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let promise: EventLoopPromise<String>
    private var received = ByteBuffer()

    init(_ promise: EventLoopPromise<String>) { self.promise = promise }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        received.writeImmutableBuffer(unwrapInboundIn(data))
    }
    func channelInactive(context: ChannelHandlerContext) { promise.succeed(String(buffer: received)) }
    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

extension HTTP2Response {
    var text: String { String(buffer: body) }
    var ingestAck: IngestAck? { body.withUnsafeReadableBytes { try? IngestAck(decoding: $0) } }
    var ingestError: IngestError? { body.withUnsafeReadableBytes { try? IngestError(decoding: $0) } }
}
