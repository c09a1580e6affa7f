import HyperstepPolicies
import HyperstepPostgres
import HyperstepWire

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Events of experiments as rows of `experiments`.
struct ExperimentEventsCopy: TableCopy, ~Copyable {
    static let table = Hypertable.experiments
    /// Each event may be of another experiment: how many share a segment is not counted.
    static let segmentColumns: Set<String> = []
    static let statement = """
        COPY experiments (time, experiment_id, model_id, parameters, metrics, status, worker_id, gpu_id)
        FROM STDIN WITH (FORMAT binary)
        """

    static func records(of batch: Batch) -> [ExperimentEvent]? {
        if case .experimentEvents(let events) = batch.records { events } else { nil }
    }

    static func times(of events: [ExperimentEvent]) -> [Int64] { events.map(\.time) }
    static func segment(of events: [ExperimentEvent]) -> Segment { Segment(key: []) }
    /// No aggregate is made of this table.
    static func noteKey(of events: [ExperimentEvent], _ row: Int) -> UUID? { nil }

    mutating func write(
        _ events: [ExperimentEvent], rows: Range<Int>, through copy: inout PostgresBinaryCopy,
        to writer: borrowing PostgresCopyWriter
    ) throws(PostgresError) {
        for event in events[rows] {
            copy.row(fields: 8)
            copy.timestamp(nanoseconds: event.time)
            copy.uuid(event.experimentID)
            copy.uuid(event.modelID)
            copy.jsonb(try Self.object(event.parametersJSON, "parameters_json"))
            copy.jsonb(try Self.object(event.metricsJSON, "metrics_json"))
            copy.text(event.status)
            Self.append(event.workerID, to: &copy)
            Self.append(event.gpuID, to: &copy)
            try copy.sendIfLarge(to: writer)
        }
    }

    private static func append(_ text: String, to copy: inout PostgresBinaryCopy) {
        if text.isEmpty { copy.null() } else { copy.text(text) }
    }

    /// The text of an object. Whether it is JSON the server finds out; JSON that begins so is an object, and
    /// nothing else in the table asks for one.
    private static func object(_ json: String, _ field: String) throws(PostgresError) -> String {
        if json.isEmpty { return "{}" }
        let first = json.utf8.first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }
        guard first == UInt8(ascii: "{") else {
            throw PostgresError(
                code: "22023", severity: "ERROR",
                message: "an experiment's \(field): expected a JSON object, got something else")
        }
        return json
    }
}
