import HyperstepPolicies
import HyperstepPostgres

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What an aggregate must hold, computed here from the rows, without its definition.
struct ExpectedAggregate {
    enum Cell {
        case int(Int64?)
        case exact(Double?)
        /// Within 1e-9 of it.
        case near(Double?)
    }

    /// By bucket (seconds since 1970) and groups, joined by `|`, as ``groupSQL`` has them.
    private(set) var rows: [String: [String: Cell]] = [:]

    init(_ aggregate: Aggregate, of all: [any TestRow], width: Int64) {
        switch aggregate {
        case .trainingMetricsMinutely, .trainingMetricsHourly:
            add(
                all.compactMap { $0 as? TrainingRow }, width, by: { [$0.model, $0.run, $0.attempt] },
                Self.training)
        case .runMetricsHourly:
            add(
                all.compactMap { $0 as? MetricRow }, width, by: { [$0.run, $0.metric, $0.attempt] },
                Self.metrics)
        case .modelMonitoringSummary:
            add(
                all.compactMap { $0 as? PerformanceRow }, width, by: { [$0.model, $0.endpoint] },
                Self.monitoring)
        case .latencyHistogramSummary:
            add(
                all.compactMap { $0 as? HistogramRow }, width,
                by: { [$0.model, $0.endpoint, $0.kind, $0.bucket] }
            ) { ["count": .int(total($0.map(\.count)))] }
        }
    }

    private mutating func add<Row: TestRow>(
        _ all: [Row], _ width: Int64, by groups: (Row) -> [Any], _ cells: ([Row]) -> [String: Cell]
    ) {
        let grouped = Dictionary(grouping: all) { row in
            let seconds = (row.time + 946_684_800_000_000) / 1_000_000
            return ([seconds / width * width] + groups(row)).map { "\($0)".lowercased() }.joined(
                separator: "|")
        }
        rows = grouped.mapValues(cells)
    }

    private static func training(_ rows: [TrainingRow]) -> [String: Cell] {
        let loss = Values(rows.map { ($0.step, $0.loss) })
        let accuracy = Values(rows.map { ($0.step, $0.accuracy) })
        let norm = Values(rows.map { ($0.step, $0.gradientNorm) })
        let time = Values(rows.map { ($0.step, $0.stepTime) })
        let rate = Values(rows.map { ($0.step, $0.learningRate) })
        return [
            "sample_count": .int(Int64(rows.count)), "min_step": .int(rows.map(\.step).min()),
            "max_step": .int(rows.map(\.step).max()),
            "loss_moments": .exact(loss.count), "avg_loss": .near(loss.average),
            "min_loss": .exact(loss.min), "max_loss": .exact(loss.max),
            "first_loss": .exact(loss.first?.1), "last_loss": .exact(loss.last?.1),
            "first_loss_step": .int(loss.first?.0), "last_loss_step": .int(loss.last?.0),
            "loss_non_finite": .int(loss.leftOut),
            "accuracy_moments": .exact(accuracy.count), "avg_accuracy": .near(accuracy.average),
            "accuracy_stddev": .near(accuracy.deviation), "min_accuracy": .exact(accuracy.min),
            "max_accuracy": .exact(accuracy.max), "accuracy_non_finite": .int(accuracy.leftOut),
            "gradient_norm_moments": .exact(norm.count), "avg_gradient_norm": .near(norm.average),
            "max_gradient_norm": .exact(norm.max), "gradient_norm_non_finite": .int(norm.leftOut),
            "step_time_moments": .exact(time.count), "avg_step_time_ms": .near(time.average),
            "max_step_time_ms": .exact(time.max),
            "last_learning_rate": .exact(rate.last?.1), "last_learning_rate_step": .int(rate.last?.0),
        ]
    }

    private static func metrics(_ rows: [MetricRow]) -> [String: Cell] {
        let value = Values(rows.map { ($0.step, $0.value) })
        return [
            "sample_count": .int(Int64(rows.count)), "value_moments": .exact(value.count),
            "avg_value": .near(value.average), "value_stddev": .near(value.deviation),
            "min_value": .exact(value.min), "max_value": .exact(value.max),
            "first_value": .exact(value.first?.1), "last_value": .exact(value.last?.1),
            "value_non_finite": .int(value.leftOut),
        ]
    }

    private static func monitoring(_ rows: [PerformanceRow]) -> [String: Cell] {
        func average(_ column: (PerformanceRow) -> Double?) -> Cell {
            .near(Values(rows.map { (0, column($0)) }).average)
        }
        return [
            "window_count": .int(Int64(rows.count)), "total_requests": .int(total(rows.map(\.requests))),
            "total_errors": .int(total(rows.map(\.errors))), "avg_latency_p90": average(\.latency90),
            "max_latency_p99": .exact(Values(rows.map { (0, $0.latency99) }).max),
            "avg_throughput": average(\.throughput), "avg_cpu": average(\.cpu),
            "avg_memory": average(\.memory), "avg_gpu": average(\.gpu),
            "total_input_tokens": .int(total(rows.map(\.inputTokens))),
            "total_output_tokens": .int(total(rows.map(\.outputTokens))),
        ]
    }

    /// How the database's rows differ from these; empty if they do not.
    func differences(from aggregate: Aggregate, on connection: PostgresConnection) throws -> [String] {
        let definition = AggregateDefinition(aggregate)
        let groups = definition.groups.map(\.name).joined(separator: ", ")
        let measures = definition.measures.map(\.name)
        let columns = measures.map { $0.hasSuffix("_moments") ? "\($0)[1]" : $0 }
        let found = try connection.query(
            """
            SELECT concat_ws('|', extract(epoch FROM bucket)::bigint, \(groups)), \(columns.joined(separator: ", "))
            FROM public.\(aggregate.name)
            """)
        var differences: [String] = []
        var missing = rows
        for row in 0..<found.count {
            let key = found.text(row, 0) ?? ""
            guard let cells = missing.removeValue(forKey: key) else {
                differences.append("\(aggregate.name) \(key): not expected, or twice")
                continue
            }
            precondition(
                Set(cells.keys) == Set(measures), "\(aggregate.name) has columns that nothing is known of")
            for (index, measure) in measures.enumerated() {
                if let difference = cells[measure]?.difference(from: found, row, index + 1) {
                    differences.append("\(aggregate.name) \(key) \(measure): \(difference)")
                }
            }
        }
        return (differences + missing.keys.map { "\(aggregate.name) \($0): missing" }).prefix(8).map(\.self)
    }
}

extension ExpectedAggregate.Cell {
    fileprivate func difference(from found: PostgresResult, _ row: Int, _ column: Int) -> String? {
        switch self {
        case .int(let expected):
            let value = found.int64(row, column)
            return value == expected ? nil : "\(value as Any), expected \(expected as Any)"
        case .exact(let expected):
            let value = found.double(row, column)
            return value == expected ? nil : "\(value as Any), expected \(expected as Any)"
        case .near(let expected):
            let value = found.double(row, column)
            if let value, let expected, abs(value - expected) <= 1e-9 * abs(expected) { return nil }
            return value == nil && expected == nil ? nil : "\(value as Any), expected near \(expected as Any)"
        }
    }
}

/// A column's values with their steps, and what is said of them.
private struct Values {
    private let given: [(Int64, Double)]
    private var finite: [(Int64, Double)] { given.filter { $0.1.isFinite } }
    private var ordinary: [Double] { given.map(\.1).filter { abs($0) < 1e100 } }

    init(_ values: [(Int64, Double?)]) {
        given = values.compactMap { step, value in value.map { (step, $0) } }
    }

    var count: Double { Double(ordinary.count) }
    var leftOut: Int64 { Int64(given.count - ordinary.count) }
    var min: Double? { finite.map(\.1).min() }
    var max: Double? { finite.map(\.1).max() }
    /// Of several values at one step the smallest is first and the greatest last.
    var first: (Int64, Double)? { finite.min { $0 < $1 } }
    var last: (Int64, Double)? { finite.max { $0 < $1 } }

    var average: Double? {
        let values = ordinary.sorted()
        return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
    }

    var deviation: Double? {
        let values = ordinary.sorted()
        guard values.count > 1, let average else { return nil }
        let squares = values.map { ($0 - average) * ($0 - average) }.sorted().reduce(0, +)
        return (squares / Double(values.count - 1)).squareRoot()
    }
}

/// The sum, which stays at the greatest `Int64` where it is more; nil without values.
private func total(_ values: [Int64?]) -> Int64? {
    let values = values.compactMap(\.self)
    return values.isEmpty
        ? nil : values.reduce(0) { $0.addingReportingOverflow($1).overflow ? .max : $0 + $1 }
}
