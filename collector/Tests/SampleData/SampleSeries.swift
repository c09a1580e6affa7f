/// An instrument of the serving processes with one choice of its dimensions.
public struct SampleSeries: Sendable, Hashable {
    /// What all of them are part of.
    public static let service = "model-server"
    /// The counter of requests, by endpoint and outcome.
    public static let requests = "requests_total"
    /// The timer of requests, by endpoint.
    public static let duration = "request_duration"

    /// One of the names above.
    public let name: String
    /// What is served.
    public let endpoint: String
    /// Of a counter: "ok" or "error".
    public let outcome: String?

    /// As the table `series` has it.
    public var kind: Int16 { outcome == nil ? 4 : 1 }
    /// Nanoseconds of the timer.
    public var unit: String { outcome == nil ? "ns" : "" }
    /// As JSON.
    public var dimensions: String {
        #"{"endpoint": "\#(endpoint)""# + (outcome.map { #", "outcome": "\#($0)""# } ?? "") + "}"
    }

    /// The series of one endpoint.
    static func of(_ endpoint: String) -> [SampleSeries] {
        [
            SampleSeries(name: requests, endpoint: endpoint, outcome: "ok"),
            SampleSeries(name: requests, endpoint: endpoint, outcome: "error"),
            SampleSeries(name: duration, endpoint: endpoint, outcome: nil),
        ]
    }

    /// The bucket of service_histogram that a positive number falls into.
    public static func bucket(_ value: Double) -> Int16 {
        let exponent = Int(value.exponent)
        return Int16((exponent + 64) * 64 + Int(value.significand * 64) - 64 + 1)
    }
}

extension SampleData {
    /// All series.
    public var series: [SampleSeries] {
        var endpoints: [String] = []
        for server in servers where !endpoints.contains(server.endpoint) { endpoints.append(server.endpoint) }
        return endpoints.flatMap(SampleSeries.of)
    }
}
