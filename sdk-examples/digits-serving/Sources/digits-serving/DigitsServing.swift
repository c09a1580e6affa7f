import ArgumentParser
import DigitsModel
import Hummingbird
import Hyperstep
import HyperstepLifecycle
import HyperstepMetrics
import Logging
import Metrics
import ServiceLifecycle
import UnixSignals

@main
struct DigitsServing: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "digits-serving",
        abstract: "Recognises handwritten digits over HTTP, monitored by Hyperstep.")

    @Option(help: "The model: a file that digits-training --checkpoint wrote.")
    var model: String

    @Option(help: "The address to listen on. Others than this machine's own are for trusted networks.")
    var host = "127.0.0.1"

    @Option(help: "The port to listen on.")
    var port = 8080

    @Option(help: "Where the collector listens (default: HYPERSTEP_ENDPOINT, else http://127.0.0.1:4319).")
    var endpoint: String?

    @Flag(inversion: .prefixedNo, help: "Report requests and their latencies to the collector.")
    var monitor = true

    @Flag(inversion: .prefixedNo, help: "Report to the collector what Hummingbird counts and times itself.")
    var metrics = true

    func validate() throws {
        guard (0...65_535).contains(port) else {
            throw ValidationError("--port is \(port), expected 0 to 65535; 0 takes one that is free")
        }
    }

    func run() async throws {
        let logger = Logger(label: "digits-serving")
        let checkpoint = try Checkpoint(contentsOf: model)
        let settings = Settings(endpoint: endpoint)
        let backend =
            metrics
            ? try HyperstepMetricsFactory.start(service: "digits-serving", settings: settings, logger: logger)
            : nil
        if let backend { MetricsSystem.bootstrap(backend) }
        let router = try router(serving: checkpoint, isMetered: metrics) { endpoint in
            monitor
                ? try InferenceMonitor.start(
                    model: "digits-mlp", endpoint: endpoint, settings: settings, logger: logger)
                : nil
        }
        let server = Application(
            router: router, configuration: ApplicationConfiguration(address: .hostname(host, port: port)),
            logger: logger)
        // Bounded: without a collector the last windows wait on disk for the next process.
        let hyperstep = HyperstepService(metrics: backend, timeout: .seconds(5), logger: logger)
        // What starts first ends last: the last window has the last request.
        var services = ServiceGroupConfiguration(
            services: [hyperstep, server], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        // For clients that do not end their requests.
        services.maximumGracefulShutdownDuration = .seconds(10)
        try await ServiceGroup(configuration: services).run()
    }
}
