import HyperstepPostgres
import HyperstepWire

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A metric that a run logs. Two are the same if they are so byte by byte, as in the database: to Swift two
/// strings are the same that merely look the same.
struct RunMetric: OwnedName {
    let run: UUID
    let metric: Metric
    private let bytes: [UInt8]

    init(_ run: UUID, _ metric: Metric) {
        self.run = run
        self.metric = metric
        bytes = Array(metric.name.utf8) + [0] + metric.unit.utf8
    }

    static func == (left: RunMetric, right: RunMetric) -> Bool {
        left.run == right.run && left.bytes == right.bytes
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(run)
        hasher.combine(bytes)
    }

    // MARK: Among names

    /// "hypmetrc" in ASCII.
    static let lockKey: Int64 = 0x6879_706d_6574_7263

    var owner: NameOwner { .run(run) }
    var label: String { "\"\(metric.name)\"" }

    static func refusal(of owner: NameOwner, limit: Int, labels: String, fate: String) -> String {
        """
        \(owner) has logged \(limit) metrics, as many as \(SettingKey.runsMetricNames.name) allows: values of \
        \(labels) are \(fate), the others are written
        """
    }

    static func find(
        _ names: ArraySlice<RunMetric>, on connection: PostgresConnection
    ) throws(PostgresError) -> [Int64?] {
        try MetricStatements.find(names, on: connection)
    }

    static func counts(
        of owners: [NameOwner], on connection: PostgresConnection
    ) throws(PostgresError) -> [NameOwner: Int] {
        try MetricStatements.counts(of: owners, on: connection)
    }

    static func make(
        _ names: ArraySlice<RunMetric>, on connection: PostgresConnection
    ) throws(PostgresError) {
        try MetricStatements.make(names, on: connection)
    }
}

extension Scalars: NamedRecords {
    var usedNames: [RunMetric?] {
        zip(metrics, usedPlaces(of: metrics.count)).map { $1 ? RunMetric(runID, $0) : nil }
    }

    var nameIndexes: [UInt32] { metricIndexes }

    func only(_ rows: [Int]) -> Scalars {
        var theirs = Scalars(runID: runID, attempt: attempt, rank: rank)
        var list = NameList(metrics)
        for row in rows {
            theirs.metricIndexes.append(list.place(of: metricIndexes[row]))
            theirs.times.append(times[row])
            theirs.steps.append(steps[row])
            theirs.values.append(values[row])
        }
        theirs.metrics = list.names
        return theirs
    }
}

/// A list of those names of another list that are asked for.
struct NameList<Name> {
    private let all: [Name]
    private var places: [UInt32: UInt32] = [:]
    /// In the order in which they were asked for.
    private(set) var names: [Name] = []

    init(_ all: [Name]) { self.all = all }

    /// The place in this list of what has this place in the other.
    mutating func place(of index: UInt32) -> UInt32 {
        if let place = places[index] { return place }
        let place = UInt32(names.count)
        names.append(all[Int(index)])
        places[index] = place
        return place
    }
}
