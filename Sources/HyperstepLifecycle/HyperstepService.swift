#if ServiceLifecycle
    public import Hyperstep
    public import Logging
    public import ServiceLifecycle

    #if SwiftMetrics
        public import HyperstepMetrics
    #endif

    /// A run, and the process's monitors and metrics, as a service of swift-service-lifecycle: they end, sent as far as
    /// time allows, when the group shuts down. The log says what became of each.
    ///
    /// ```swift
    /// let group = ServiceGroup(
    ///     configuration: .init(
    ///         services: [.init(service: HyperstepService(metrics: metrics)), .init(service: server)],
    ///         gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
    /// try await group.run()
    /// ```
    ///
    /// Name it before the services that record: a group shuts its services down in the opposite order, so that what
    /// these record while they end is sent, too.
    public struct HyperstepService: Service, CustomStringConvertible {
        private let run: Run?
        private let endMetrics: @Sendable (Duration) async -> String?
        private let timeout: Duration
        private let endsMonitors: Bool
        private let logger: Logger

        /// Creates the service; nothing happens before it runs.
        ///
        /// - Parameters:
        ///   - run: a run to be finished. One that the program has finished by then keeps its outcome; one that it has
        ///     not was killed. So a training that is a service of the group calls ``Hyperstep/Run/finish(_:timeout:)-(_,_)``
        ///     where it is done, before it returns.
        ///   - timeout: how long the end may take in all, 0 to 1 day. What is not committed by then waits on disk.
        ///   - endsMonitors: whether all monitors of the process end too. Of several such services let one do it.
        ///   - logger: where it says what was committed and what waits on disk.
        public init(
            _ run: Run? = nil, timeout: Duration = .seconds(10), endsMonitors: Bool = true,
            logger: Logger = Logger(label: "hyperstep")
        ) {
            self.init(run, timeout, endsMonitors, logger) { _ in nil }
        }

        private init(
            _ run: Run?, _ timeout: Duration, _ endsMonitors: Bool, _ logger: Logger,
            endMetrics: @escaping @Sendable (Duration) async -> String?
        ) {
            self.run = run
            self.endMetrics = endMetrics
            self.endsMonitors = endsMonitors
            self.timeout = timeout
            self.logger = logger
        }

        /// Waits for the group's shutdown, or for the task to be cancelled, and sends what is left.
        public func run() async throws {
            // Cancelled is shut down as well, only less politely.
            try? await gracefulShutdown()
            // Detached: what is left is sent all the same where this task is cancelled.
            await Task.detached { await end() }.value
        }

        private func end() async {
            // Side by side: none takes the others' time.
            async let ofRun = run?.finish(.killed("the service was shut down"), timeout: timeout)
            async let ofMonitors = endMonitors()
            async let ofMetrics = endMetrics(timeout)
            if let report = await ofRun { logger.info("the run has ended: \(report)") }
            // Of a process without monitors there is nothing to say.
            if let report = await ofMonitors, report != MonitorReport() {
                logger.info("the monitors have ended: \(report)")
            }
            if let report = await ofMetrics { logger.info("the metrics have ended: \(report)") }
        }

        private func endMonitors() async -> MonitorReport? {
            endsMonitors ? await InferenceMonitor.shutdown(timeout: timeout) : nil
        }

        /// For the group's log.
        public var description: String { "Hyperstep" }
    }

    #if SwiftMetrics
        extension HyperstepService {
            /// The same, and ends a backend of swift-metrics: what other services report until they have ended is sent.
            ///
            /// - Parameters:
            ///   - run: a run to be finished, as without metrics.
            ///   - metrics: is shut down, where there is one; what is reported to it later is dropped and counted.
            ///   - timeout: how long the end may take in all, 0 to 1 day. What is not committed by then waits on disk.
            ///   - endsMonitors: whether all monitors of the process end too. Of several such services let one do it.
            ///   - logger: where it says what was committed and what waits on disk.
            public init(
                _ run: Run? = nil, metrics: HyperstepMetricsFactory?, timeout: Duration = .seconds(10),
                endsMonitors: Bool = true, logger: Logger = Logger(label: "hyperstep")
            ) {
                self.init(run, timeout, endsMonitors, logger) { timeout in
                    await metrics?.shutdown(timeout: timeout).description
                }
            }
        }
    #endif
#else
    public import Hyperstep

    /// A run as a service of swift-service-lifecycle; this build is without the trait that it needs.
    @available(
        *, unavailable,
        message: "needs hyperstep's trait: .package(url: …, traits: [\"ServiceLifecycle\"])"
    )
    public struct HyperstepService: Sendable {
        /// Never called.
        public init(_ run: Run? = nil, timeout: Duration = .seconds(10), endsMonitors: Bool = true) {}
    }
#endif
