#if SwiftMetrics
    public import Hyperstep
    public import Logging

    extension HyperstepMetricsFactory {
        /// A factory with a file of its own in the ``Settings/directory``, whose rows are sent from now on; a
        /// collector that does not answer is no error. Make one and keep it: two in one process are one instance in
        /// the table, and `last` of a counter that both have is now the one's and now the other's.
        ///
        /// - Parameters:
        ///   - service: which program this is, as OpenTelemetry's `service.name`, 1 to 256 bytes. Where none is
        ///     given it is ``Settings/service``, and then that of `OTEL_SERVICE_NAME`.
        ///   - run: the training run that the process does, where it does one: its id is in every row.
        ///   - settings: how rows reach the collector, how many series there may be, and how long an interval is
        ///     (``Settings/windowInterval``). In the mode `disabled` all handlers do nothing.
        ///   - logger: where warnings go.
        /// - Throws: ``StartError`` where the service's name or a setting is nonsense, or the directory cannot be
        ///   written.
        public static func start(
            service: String? = nil, run: Run? = nil, settings: Settings = Settings(),
            logger: Logger = Logger(label: "hyperstep")
        ) throws(StartError) -> HyperstepMetricsFactory {
            HyperstepMetricsFactory(
                Handlers(
                    recording: try SeriesRecording.start(
                        service: service, run: run, settings: settings, logger: logger),
                    capacity: settings.seriesCapacity, logger: logger))
        }

        /// Ends recording, and waits until what was recorded is committed or `timeout` is over.
        ///
        /// What is not committed by then is not lost: it waits in the ``Settings/directory`` and the next process
        /// sends it. What is recorded after it is dropped and counted, for the report of a later call; the log says so once.
        ///
        /// - Parameter timeout: how long to wait at most, 0 to 1 day.
        /// - Returns: what became of the rows.
        @discardableResult
        public func shutdown(timeout: Duration = .seconds(10)) -> MetricsReport {
            handlers.report(handlers.recording?.finish(timeout: timeout))
        }

        /// As the synchronous form, for asynchronous code: no thread waits.
        @discardableResult
        public func shutdown(timeout: Duration = .seconds(10)) async -> MetricsReport {
            handlers.report(await handlers.recording?.finish(timeout: timeout))
        }
    }
#else
    public import Hyperstep

    /// A backend of swift-metrics; this build is without the trait that it needs.
    @available(
        *, unavailable,
        message: "needs hyperstep's trait: .package(url: …, traits: [\"SwiftMetrics\"])"
    )
    public final class HyperstepMetricsFactory: Sendable {
        /// Never called.
        public static func start(
            service: String? = nil, run: Run? = nil, settings: Settings = Settings()
        ) throws(StartError) -> HyperstepMetricsFactory {
            HyperstepMetricsFactory()
        }
    }
#endif
