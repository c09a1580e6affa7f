import HyperstepHistogram
public import HyperstepRecorder
public import HyperstepWire

/// Adds to a window, as it is taken, what is known at this moment and not counted. It waits for nothing.
public typealias WindowCompletion = @Sendable (inout InferenceWindow) -> Void

extension Recorder {
    /// Takes what the recorder's monitors and instruments have counted since the last time, as encoded windows.
    ///
    /// - Parameters:
    ///   - time: now, in nanoseconds since 1970; not looked at in an adopted recorder.
    ///   - complete: adds to a monitor's window what is known at this moment and not counted. Not of an adopted
    ///     recorder: its windows have to be the same whoever takes them.
    @discardableResult
    public func takeWindows(at time: Int64, complete: WindowCompletion? = nil) -> WindowTaking {
        takeWindows(for: .windows, at: time, complete: complete) + takeWindows(for: .series, at: time)
    }

    /// The same for one stream; nothing for one that is not of windows.
    @discardableResult
    public func takeWindows(
        for stream: StreamKind, at time: Int64, complete: WindowCompletion? = nil
    ) -> WindowTaking {
        switch stream {
        case .windows:
            monitors.takeWindows(at: time) {
                InferenceWindow.bytes(of: $0, complete: isOrphan ? nil : complete)
            }
        case .series: instruments.takeWindows(at: time) { SeriesRow.bytes(of: $0) }
        default: WindowTaking()
        }
    }
}

extension InferenceWindow {
    /// How a recorder's series says which model and endpoint it counts for: an encoded window in which nothing
    /// happened.
    ///
    /// - Throws: `WireError` naming what breaks the contract.
    public static func series(model: Model, endpoint: String) throws(WireError) -> [UInt8] {
        try InferenceWindow(time: 0, durationMs: 1, model: model, endpoint: endpoint).encoded()
    }

    /// What a series counted, as the ring of windows holds it. No bytes, which the reader takes for damage,
    /// where the series does not say whose it is.
    fileprivate static func bytes(of window: MonitorWindow, complete: WindowCompletion?) -> [UInt8] {
        guard
            var record = try? window.identity.withUnsafeBytes({ try InferenceWindow(decoding: $0) })
        else { return [] }
        record.time = max(window.end, 0)
        // More than 0, as the contract asks. Wrapping: damage may have put any time there.
        record.durationMs = max(Double(window.end &- window.start) / 1_000_000, 0.001)
        record.requestCount = min(window.count(.request), WireLimits.maxCount)
        record.errorCount = min(window.errors, WireLimits.maxCount)
        record.inputTokens = min(window.inputTokens, WireLimits.maxCount)
        record.outputTokens = min(window.outputTokens, WireLimits.maxCount)
        record.histograms = LatencyKind.allCases.compactMap { kind in
            let buckets = window.buckets(kind)
            let distribution = Histogram(
                buckets: buckets.map { UInt16($0.index) }, counts: buckets.map(\.count))
            guard let distribution, !distribution.isEmpty else { return nil }
            return LatencyHistogram(kind: kind.onTheWire, distribution: distribution)
        }
        complete?(&record)
        return (try? record.encoded()) ?? []
    }
}

extension LatencyKind {
    fileprivate var onTheWire: LatencyHistogram.Kind {
        switch self {
        case .request: .request
        case .firstToken: .timeToFirstToken
        case .perOutputToken: .timePerOutputToken
        case .queue: .queueTime
        }
    }
}
