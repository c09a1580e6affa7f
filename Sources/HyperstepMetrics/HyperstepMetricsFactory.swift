#if SwiftMetrics
    public import CoreMetrics
    import HyperstepRecorder
    import HyperstepWire

    /// A backend of swift-metrics: what libraries and your own code count, set and time becomes rows of the table
    /// `service_metrics`, one for each series and interval in which something was recorded.
    ///
    /// ```swift
    /// let metrics = try HyperstepMetricsFactory.start(service: "checkout")  // once
    /// MetricsSystem.bootstrap(metrics)
    ///
    /// let requests = Counter(label: "http_requests_total", dimensions: [("status", "200")])
    /// requests.increment()
    ///
    /// metrics.shutdown(timeout: .seconds(5))  // before the process ends: the last interval
    /// ```
    ///
    /// A metric's name and kind with one choice of its dimensions, in any order, is one series and has one handler.
    /// Recording takes no lock, allocates nothing, makes no system call, and never throws, waits or traps, whatever
    /// the number. What was recorded survives the end of the process, however it ends, and is
    /// counted in exactly one row.
    ///
    /// There is room for ``Settings/seriesCapacity`` series. One more, and one whose name or dimensions the database
    /// cannot hold, has a handler that does nothing; the log says so once, and ``shutdown(timeout:)-(Duration)``
    /// reports how many. A metric that is destroyed and made again goes on with its series.
    public final class HyperstepMetricsFactory: MetricsFactory {
        let handlers: Handlers

        init(_ handlers: Handlers) { self.handlers = handlers }

        /// The counter of a label and dimensions. It only grows: what is negative is ignored.
        public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
            handlers.handler(label, dimensions, .counter, \.counters) { CounterSeries($0, $1) }
                ?? NOOPMetricsHandler.instance
        }

        /// The same counter as ``makeCounter(label:dimensions:)`` gives: it counts whole numbers and others.
        public func makeFloatingPointCounter(
            label: String, dimensions: [(String, String)]
        ) -> any FloatingPointCounterHandler {
            handlers.handler(label, dimensions, .counter, \.counters) { CounterSeries($0, $1) }
                ?? NOOPMetricsHandler.instance
        }

        /// The meter of a label and dimensions: set, or moved up and down.
        public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
            handlers.handler(label, dimensions, .meter, \.meters) { MeterSeries($0, $1) }
                ?? NOOPMetricsHandler.instance
        }

        /// The recorder of a label and dimensions, with a histogram; where it does not aggregate, a gauge, without.
        public func makeRecorder(
            label: String, dimensions: [(String, String)], aggregate: Bool
        ) -> any RecorderHandler {
            let handler: (any RecorderHandler)? =
                aggregate
                ? handlers.handler(label, dimensions, .recorder, \.recorders) { RecorderSeries($0, $1) }
                : handlers.handler(label, dimensions, .gauge, \.gauges) { GaugeSeries($0, $1) }
            return handler ?? NOOPMetricsHandler.instance
        }

        /// The timer of a label and dimensions, with a histogram. Its numbers are nanoseconds.
        public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
            handlers.handler(label, dimensions, .timer, \.timers) { TimerSeries($0, $1) }
                ?? NOOPMetricsHandler.instance
        }

        /// Lets the handler go. Its series stays, with what it counted; made again, the counter goes on with it.
        public func destroyCounter(_ handler: any CounterHandler) {
            if let handler = handler as? CounterSeries { handlers.remove(handler, \.counters) }
        }

        /// As ``destroyCounter(_:)``.
        public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {
            if let handler = handler as? CounterSeries { handlers.remove(handler, \.counters) }
        }

        /// As ``destroyCounter(_:)``.
        public func destroyMeter(_ handler: any MeterHandler) {
            if let handler = handler as? MeterSeries { handlers.remove(handler, \.meters) }
        }

        /// As ``destroyCounter(_:)``.
        public func destroyRecorder(_ handler: any RecorderHandler) {
            switch handler {
            case let handler as RecorderSeries: handlers.remove(handler, \.recorders)
            case let handler as GaugeSeries: handlers.remove(handler, \.gauges)
            default: break
            }
        }

        /// As ``destroyCounter(_:)``.
        public func destroyTimer(_ handler: any TimerHandler) {
            if let handler = handler as? TimerSeries { handlers.remove(handler, \.timers) }
        }
    }
#endif
