#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A process that serves one endpoint of a model.
public struct SampleServer: Sendable {
    /// What it serves.
    public let model: SampleModel
    /// Where.
    public let endpoint: String
    /// The process.
    public let instance: UUID
    /// Whether it counts tokens.
    public let isLanguageModel: Bool
    let requestsPerMinute: Double
    /// Milliseconds of a typical request.
    let latency: Double
    /// What goes wrong at the end of the data, so that there is something to alert on.
    let incident: Incident
    let seed: UInt64

    enum Incident { case none, slow, failing, idle }

    static func all(_ shape: SampleShape, _ models: [SampleModel]) -> [SampleServer] {
        // One process after the other: model, endpoint, requests a minute, milliseconds, incident.
        let kinds: [(Int, String, Double, Double, Incident)] = [
            (0, "/predict", 24, 4, .none), (0, "/predict", 24, 4, .none), (1, "/classify", 18, 35, .slow),
            (2, "/generate", 10, 900, .none), (2, "/generate", 12, 800, .none),
            (3, "/embed", 20, 12, .failing), (4, "/rank", 20, 8, .idle),
        ]
        return kinds.enumerated().filter { $0.element.0 < models.count }.map { index, kind in
            var random = SampleRandom(seed: shape.seed, 4, index)
            return SampleServer(
                model: models[kind.0], endpoint: kind.1, instance: random.uuid(),
                isLanguageModel: kind.1 == "/generate", requestsPerMinute: kind.2, latency: kind.3,
                incident: kind.4, seed: random.next())
        }
    }
}

/// What a serving process reports of one interval.
public struct SampleWindow: Sendable {
    /// Its end, nanoseconds since 1970.
    public var time: Int64
    /// Of each request, milliseconds, ascending.
    public var latencies: [Double]
    /// How many of them failed.
    public var errors: Int64
    /// Requests a second.
    public var throughput: Double
    /// Percent of the machine.
    public var cpu: Double
    /// Percent of the machine's.
    public var memory: Double
    /// Percent; nil without one.
    public var gpu: Double?
    /// Tokens taken in; nil unless a language model.
    public var inputTokens: Int64?
    /// Tokens given out; nil unless a language model.
    public var outputTokens: Int64?
    /// Of each request, milliseconds, ascending; for language models alone.
    public var firstTokens: [Double]

    /// Nearest rank; nil without requests.
    public static func percentile(_ p: Double, of ascending: [Double]) -> Double? {
        guard !ascending.isEmpty else { return nil }
        return ascending[Swift.max(0, Int((p * Double(ascending.count)).rounded(.up)) - 1)]
    }

    /// The bucket of latency_histogram that a latency falls into.
    public static func bucket(_ milliseconds: Double) -> Int16 {
        let nanoseconds = UInt64(Swift.max(512, milliseconds * 1e6))
        let exponent = 63 - nanoseconds.leadingZeroBitCount - 6
        return Int16((exponent - 3) * 64 + Int(nanoseconds >> UInt64(exponent)) - 64)
    }
}

/// The reports of a serving process, one after the other.
public struct SampleWindows: Sequence, IteratorProtocol {
    private let server: SampleServer
    private let shape: SampleShape
    private var random: SampleRandom
    private var time: Int64

    init(_ server: SampleServer, _ shape: SampleShape) {
        self.server = server
        self.shape = shape
        random = SampleRandom(seed: server.seed)
        time = shape.begin + Int64(random.unit() * shape.servingInterval * 1e9)
    }

    /// The next report.
    public mutating func next() -> SampleWindow? {
        time += Int64(shape.servingInterval * 1e9) + Int64(random.uniform(0, 2e6))
        guard time < shape.end else { return nil }
        let isIncident = shape.end - time < 1_800_000_000_000
        let day = Double(time / 1_000_000_000 % 86_400) / 86_400
        var mean = server.requestsPerMinute * shape.servingLoad * shape.servingInterval / 60
        mean *= 1 + 0.6 * sin(2 * .pi * (day - 0.3))
        if isIncident, server.incident == .idle { mean *= 0.1 }
        let count = Int(Swift.max(0, (mean + mean.squareRoot() * random.normal()).rounded()))
        let typical = server.latency * (isIncident && server.incident == .slow ? 4 : 1)
        // A fifth of a percent of requests takes ten times as long.
        var latencies = (0..<count).map { _ in
            typical * exp(0.3 * random.normal()) * (random.once(in: 500) ? 10 : 1)
        }
        latencies.sort()
        let failing = isIncident && server.incident == .failing ? 0.2 : 0.002
        let errors = latencies.indices.filter { _ in random.unit() < failing }.count
        let load = Swift.min(1, mean / 60)
        return SampleWindow(
            time: time, latencies: latencies, errors: Int64(errors),
            throughput: Double(count) / shape.servingInterval,
            cpu: single(20 + 60 * load + 3 * random.normal()), memory: single(41 + random.unit()),
            gpu: server.latency > 10 ? single(30 + 50 * load + 5 * random.normal()) : nil,
            inputTokens: server.isLanguageModel ? Int64(count * 320) : nil,
            outputTokens: server.isLanguageModel ? Int64(count * 150) : nil,
            firstTokens: server.isLanguageModel ? latencies.map { $0 * 0.15 } : [])
    }
}

extension SampleData {
    /// The reports of one serving process.
    public func windows(of server: SampleServer) -> SampleWindows { SampleWindows(server, shape) }
}
