public import Hyperstep
import HyperstepHTTP2
import HyperstepWire
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// A collector in your test's memory: what your code records is sent to it over a real connection, is committed
/// once as the real collector commits it, and can be looked at.
///
/// ```swift
/// @Test("Training records every step")
/// func records() async throws {
///     try await withTestCollector { collector in
///         let run = try Run.start(project: "p", name: "n", model: "m", settings: collector.settings)
///         train(run, steps: 100)
///         await run.finish()
///         let recorded = try #require(collector.runs.first)
///         #expect(recorded.steps.count == 100)
///         #expect(recorded.status == .finished)
///     }
/// }
/// ```
///
/// It listens on 127.0.0.1, on a port of its own, and there is no database behind it: what only a database can
/// refuse it takes. Tests may have as many as they like, side by side.
public final class TestCollector: Sendable {
    /// Settings for the code under test: this collector's address, a new directory of its own that is removed
    /// when the collector stops, and intervals fit for tests (a flush each 5 ms, a window each 100 ms). The machine
    /// is not sampled, unless you set ``Hyperstep/Settings/systemInterval``. The environment is not looked at, neither
    /// for settings nor for ranks or attributes of a resource: a test records the same wherever it runs.
    public let settings: Settings

    private let group: MultiThreadedEventLoopGroup
    private let channel: any Channel
    private let memory: Memory
    private let directory: String

    private init(
        _ channel: any Channel, group: MultiThreadedEventLoopGroup, memory: Memory, directory: String
    ) {
        self.channel = channel
        self.group = group
        self.memory = memory
        self.directory = directory
        let port = channel.localAddress?.port ?? 0
        var settings = Settings(
            endpoint: "http://127.0.0.1:\(port)", mode: .online, directory: directory)
        settings.ignoresEnvironment = true
        settings.flushInterval = .milliseconds(5)
        settings.windowInterval = .milliseconds(100)
        settings.systemInterval = .zero
        self.settings = settings
    }

    /// Starts to listen. ``stop()`` belongs to it; `withTestCollector` does both.
    ///
    /// - Throws: where the loopback address cannot be listened on, or no temporary directory can be made.
    public static func start() async throws -> TestCollector {
        let directory = FileManager.default.temporaryDirectory
            .appendingPathComponent("hyperstep-test-kit-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let memory = Memory()
        do {
            let channel = try await ServerBootstrap(group: group)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(
                            HTTP2ServerHandler { request, responder in
                                responder.respond(memory.answer(request))
                            })
                    }
                }
                .bind(host: "127.0.0.1", port: 0).get()
            return TestCollector(channel, group: group, memory: memory, directory: directory)
        } catch {
            try? await group.shutdownGracefully()
            try? FileManager.default.removeItem(atPath: directory)
            throw error
        }
    }

    /// Ends the monitors that were started with these ``settings``, and waits until their last windows are here; at
    /// most 10 seconds. Other monitors of the process go on, those of tests beside this one too.
    public func finishMonitors() async {
        await MonitorRegistry.shared.shutdown(directory: directory, timeout: .seconds(10))
    }

    /// Ends its monitors, stops to listen, closes its connections and removes its directory. What was recorded can
    /// still be read. Finish runs before it: their files go with the directory.
    public func stop() async {
        await MonitorRegistry.shared.shutdown(directory: directory, timeout: .seconds(1))
        try? await channel.close()
        try? await group.shutdownGracefully()
        try? FileManager.default.removeItem(atPath: directory)
    }

    /// Whether batches are committed. While it is false each is answered with 503, as a collector does whose
    /// database is away: a test of what your program does then.
    public var isAvailable: Bool {
        get { memory.isAvailable }
        set { memory.isAvailable = newValue }
    }

    /// The runs of which anything came, in the order in which they were first heard of.
    public var runs: [RecordedRun] { memory.recorded.runs }

    /// What is known of one run; nil where nothing came.
    public subscript(run: Run) -> RecordedRun? { self.run(id: run.id) }

    /// What is known of one run; nil where nothing came. For code under test that keeps its `Run` to itself.
    public func run(id: UUID) -> RecordedRun? { runs.first { $0.id == id } }

    /// The runs that people call so, in the order in which they were first heard of.
    public func runs(named name: String) -> [RecordedRun] { runs.filter { $0.name == name } }

    /// The experiments of which anything came, in the order in which they were first heard of.
    public var experiments: [RecordedExperiment] { memory.recorded.experiments }

    /// What is known of one experiment; nil where nothing came.
    public subscript(experiment: Experiment) -> RecordedExperiment? { self.experiment(id: experiment.id) }

    /// What is known of one experiment; nil where nothing came.
    public func experiment(id: UUID) -> RecordedExperiment? { experiments.first { $0.id == id } }

    /// The windows of monitors, in the order in which they came.
    public var windows: [RecordedWindow] { memory.recorded.windows }

    /// What instruments of programs recorded, a series each, in the order in which they were first heard of.
    public var series: [RecordedSeries] { memory.recorded.series }

    /// The series of an instrument with these dimensions and no others; nil where nothing came.
    ///
    /// - Parameters:
    ///   - name: the instrument's label.
    ///   - dimensions: all of them.
    ///   - kind: where a label is that of several instruments, as of a counter and a gauge, the one that is meant;
    ///     else the one that came first.
    ///   - service: likewise, where several services report to this collector.
    public func series(
        _ name: String, _ dimensions: [String: String] = [:], kind: RecordedSeries.Kind? = nil,
        service: String? = nil
    ) -> RecordedSeries? {
        series.first {
            $0.name == name && $0.dimensions == dimensions && $0.kind == kind ?? $0.kind
                && $0.service == service ?? $0.service
        }
    }

    /// Samples of machines, in the order in which they came.
    public var samples: [RecordedSample] { memory.recorded.samples }
}

/// Starts a collector, hands it to `body`, and stops it however `body` ends.
///
/// - Throws: what ``TestCollector/start()`` and `body` throw.
nonisolated(nonsending) public func withTestCollector<Result>(
    _ body: nonisolated(nonsending) (TestCollector) async throws -> Result
) async throws -> Result {
    let collector = try await TestCollector.start()
    do {
        let result = try await body(collector)
        await collector.stop()
        return result
    } catch {
        await collector.stop()
        throw error
    }
}
