#if SwiftMetrics
    import Hyperstep
    import HyperstepRecorder
    import HyperstepWire
    import Logging
    import NIOConcurrencyHelpers

    /// The handlers of a factory: one for each series, found again by what it is called, encoded: by its bytes, as
    /// everywhere but in Swift's equality of texts.
    final class Handlers: Sendable {
        struct Tables: Sendable {
            var counters: [[UInt8]: CounterSeries] = [:]
            var gauges: [[UInt8]: GaugeSeries] = [:]
            var meters: [[UInt8]: MeterSeries] = [:]
            var timers: [[UInt8]: TimerSeries] = [:]
            var recorders: [[UInt8]: RecorderSeries] = [:]
            /// The same handlers, by what the program called them last.
            var spelled: [Spelling: any SeriesHandler] = [:]
            var refused: UInt64 = 0
            var saidChanged = false

            /// Bounded, in number and bytes: dimensions come in any order, and long values that are cut to the same are
            /// endless.
            mutating func remember(_ handler: any SeriesHandler, _ spelling: Spelling, _ capacity: Int) {
                guard spelling.isShort else { return }
                if spelled.count >= 4 * capacity { spelled = [:] }
                spelled[spelling] = handler
            }
        }

        /// Nil in the mode `disabled`.
        let recording: SeriesRecording?
        private let capacity: Int
        private let logger: Logger
        private let late: LateCalls
        private let tables = NIOLockedValueBox(Tables())

        init(recording: SeriesRecording?, capacity: Int, logger: Logger) {
            self.recording = recording
            self.capacity = capacity
            self.logger = logger
            late = LateCalls("a metric was recorded after the metrics had been shut down", logger: logger)
        }

        /// The handler of a metric, made if it is new; nil where nothing is recorded of it.
        func handler<Handler: SeriesHandler>(
            _ label: String, _ dimensions: [(String, String)], _ kind: Series.Kind,
            _ table: WritableKeyPath<Tables, [[UInt8]: Handler]>,
            _ make: (InstrumentSeries, LateCalls) -> Handler
        ) -> Handler? {
            guard let recording else { return nil }
            let spelling = Spelling(label: label, dimensions: dimensions, kind: kind)
            if let known = tables.withLockedValue({ $0.spelled[spelling] }) as? Handler { return known }
            do throws(SeriesDescription.Refusal) {
                let description = try SeriesDescription(label, dimensions, kind: kind)
                let encoded = try description.encoded()
                let known = tables.withLockedValue { tables in
                    let known = tables[keyPath: table][encoded]
                    if let known { tables.remember(known, spelling, capacity) }
                    return known
                }
                if let known { return known }
                guard let counters = recording.series(encoded) else {
                    throw SeriesDescription.Refusal(
                        reason: "there is room for \(capacity) series, and all of it is taken: "
                            + "Settings.seriesCapacity says how many. Is data taken for a dimension?")
                }
                let made = make(counters, late)
                let (handler, isNews) = tables.withLockedValue { tables in
                    // Another thread may have been first.
                    let handler = tables[keyPath: table][encoded] ?? made
                    tables[keyPath: table][encoded] = handler
                    tables.remember(handler, spelling, capacity)
                    let isNews = description.isChanged && !tables.saidChanged
                    if isNews { tables.saidChanged = true }
                    return (handler, isNews)
                }
                if isNews { say(changed: label, description.series) }
                return handler
            } catch {
                refuse(label, error.reason)
                return nil
            }
        }

        /// Lets a handler go, whatever became of its place meanwhile.
        func remove<Handler: SeriesHandler>(
            _ handler: Handler, _ table: WritableKeyPath<Tables, [[UInt8]: Handler]>
        ) {
            let identity = handler.series.identity
            tables.withLockedValue { tables in
                if tables[keyPath: table][identity] === handler {
                    tables[keyPath: table][identity] = nil
                    // Any of them may be this one; whoever lets go of metrics all the time has few.
                    tables.spelled = [:]
                }
            }
        }

        /// What is to be said at the end.
        func report(_ shipped: SeriesRecording.Shipped?) -> MetricsReport {
            guard let shipped, let recording else { return MetricsReport() }
            let report = MetricsReport(
                committed: shipped.committed, spooled: shipped.spooled, dropped: shipped.dropped,
                rejected: shipped.rejected, missing: shipped.missing,
                refusedSeries: tables.withLockedValue { $0.refused },
                lacksHistograms: recording.instruments.lacksBlocks)
            if report.dropped > 0 || report.rejected > 0 || report.missing > 0 || report.refusedSeries > 0
                || report.lacksHistograms
            {
                logger.warning("not all that was measured is in the database: \(report)")
            } else if report.spooled > 0, shipped.isOnline {
                logger.warning(
                    "metrics are not in the database yet; they are sent when a collector answers: \(report)")
            }
            return report
        }

        /// Said once: a program that makes too many metrics makes them all the time.
        private func refuse(_ label: String, _ reason: String) {
            let isFirst = tables.withLockedValue { tables in
                tables.refused += 1
                return tables.refused == 1
            }
            guard isFirst else { return }
            logger.warning(
                "a metric records nothing: \(reason)",
                metadata: ["metric": "\(label.truncated(toBytes: 80).debugDescription)"])
        }

        private func say(changed label: String, _ series: Series) {
            logger.warning(
                """
                a metric's name or dimensions cannot be stored as they are: control characters are replaced, values of \
                more than \(SeriesDescription.longestValue) bytes cut, values of a key that comes twice joined
                """, metadata: ["metric": "\(label.truncated(toBytes: 80).debugDescription)"])
        }
    }

    extension LateCalls {
        /// Notes a call whose result says that it came after the end.
        @inline(__always)
        func check(_ isCounted: Bool) {
            if !isCounted { note([:]) }
        }
    }

    /// A handler of one series.
    protocol SeriesHandler: AnyObject, Sendable {
        var series: InstrumentSeries { get }
    }
#endif
