#if ServiceLifecycle
    public import Hyperstep
    public import ServiceLifecycle

    /// A run, and the process's monitors, as a service of swift-service-lifecycle: they end, sent as far as time allows,
    /// when the group shuts down.
    ///
    /// ```swift
    /// let group = ServiceGroup(
    ///     configuration: .init(
    ///         services: [.init(service: HyperstepService(run)), .init(service: server)],
    ///         gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
    /// try await group.run()
    /// ```
    ///
    /// Name it before the services that record: a group shuts its services down in the opposite order, so that what
    /// these record while they end is sent, too.
    public struct HyperstepService: Service, CustomStringConvertible {
        private let run: Run?
        private let timeout: Duration
        private let endsMonitors: Bool

        /// Creates the service; nothing happens before it runs.
        ///
        /// - Parameters:
        ///   - run: a run to be finished. One that the program has finished by then keeps its outcome; one that it has
        ///     not was killed. So a training that is a service of the group calls ``Hyperstep/Run/finish(_:timeout:)-(_,_)``
        ///     where it is done, before it returns.
        ///   - timeout: how long the end may take in all, 0 to 1 day. What is not committed by then waits on disk.
        ///   - endsMonitors: whether all monitors of the process end too. Of several such services let one do it.
        public init(_ run: Run? = nil, timeout: Duration = .seconds(10), endsMonitors: Bool = true) {
            self.run = run
            self.endsMonitors = endsMonitors
            self.timeout = timeout
        }

        /// Waits for the group's shutdown, or for the task to be cancelled, and sends what is left.
        public func run() async throws {
            // Cancelled is shut down as well, only less politely.
            try? await gracefulShutdown()
            // Detached: what is left is sent all the same where this task is cancelled.
            await Task.detached { [run, timeout, endsMonitors] in
                // Side by side: neither takes the other's time.
                async let report = run?.finish(.killed("the service was shut down"), timeout: timeout)
                if endsMonitors { await InferenceMonitor.shutdown(timeout: timeout) }
                _ = await report
            }.value
        }

        /// For the group's log.
        public var description: String { "Hyperstep" }
    }
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
