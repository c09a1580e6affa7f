import HyperstepHistogram
import HyperstepWire

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// What a monitor counted in one interval: a row of the table `model_performance` and its histograms.
public struct RecordedWindow: Sendable, Equatable {
    /// The end of the interval.
    public let time: Date
    /// The length of the interval.
    public let duration: Duration
    /// The process.
    public let instance: UUID
    /// The name of the model.
    public let model: String
    /// The model's version; nil where it has none.
    public let modelVersion: String?
    /// What was asked of it.
    public let endpoint: String
    /// Requests that ended in the interval, those that failed included.
    public let requests: Int
    /// Requests that failed.
    public let errors: Int
    /// Tokens read.
    public let inputTokens: Int
    /// Tokens written.
    public let outputTokens: Int
    /// Percent of the machine's CPU time, by the newest sample of it; nil where there was none, as with the settings
    /// of `withTestCollector`, which do not sample.
    public let cpuUsage: Double?
    /// Percent of the machine's memory; nil as ``cpuUsage``.
    public let memoryUsage: Double?
    /// Percent, as the mean over the machine's GPUs; nil where there are none, or as ``cpuUsage``.
    public let gpuUtilization: Double?
    private let histograms: [LatencyHistogram]

    init(_ window: InferenceWindow, instance: UUID) {
        time = Date(nanoseconds: window.time)
        duration = .milliseconds(window.durationMs)
        self.instance = instance
        model = window.model.name
        modelVersion = window.model.version.isEmpty ? nil : window.model.version
        endpoint = window.endpoint
        requests = Int(clamping: window.requestCount)
        errors = Int(clamping: window.errorCount)
        inputTokens = Int(clamping: window.inputTokens)
        outputTokens = Int(clamping: window.outputTokens)
        cpuUsage = window.cpuUsage
        memoryUsage = window.memoryUsage
        gpuUtilization = window.gpuUtilization
        histograms = window.histograms
    }

    /// What can be measured of a request.
    public enum Latency: Sendable, CaseIterable {
        /// A whole request.
        case request
        /// From a request to its first token.
        case timeToFirstToken
        /// From one output token to the next.
        case timePerOutputToken
        /// From a request's arrival to the start of work on it.
        case queueTime
    }

    /// A percentile of what was measured, at most 1 % beside the exact one.
    ///
    /// - Parameter p: 0 to 1, as 0.99.
    /// - Returns: nil where nothing was measured, and where `p` is not within 0 to 1.
    public func percentile(_ p: Double, of latency: Latency = .request) -> Duration? {
        histograms.first { $0.kind == latency.kind }?.distribution.percentile(p).map { .milliseconds($0) }
    }
}

extension RecordedWindow.Latency {
    fileprivate var kind: LatencyHistogram.Kind {
        switch self {
        case .request: .request
        case .timeToFirstToken: .timeToFirstToken
        case .timePerOutputToken: .timePerOutputToken
        case .queueTime: .queueTime
        }
    }
}
