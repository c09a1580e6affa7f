import HyperstepPostgres
import HyperstepWire

/// A series of a service. Two are the same if they are so byte by byte, as in the database: to Swift two strings are
/// the same that merely look the same.
struct ServiceSeries: OwnedName {
    let service: String
    let series: Series
    private let bytes: [UInt8]

    init(_ service: String, _ series: Series) {
        self.service = service
        self.series = series
        // No text has a NUL: nothing can look like the end of another.
        var bytes = Array("\(series.kind.rawValue)".utf8)
        for text in [service, series.name, series.unit] { bytes += [0] + text.utf8 }
        for dimension in series.dimensions { bytes += [0] + dimension.key.utf8 + [0] + dimension.value.utf8 }
        self.bytes = bytes
    }

    static func == (left: ServiceSeries, right: ServiceSeries) -> Bool { left.bytes == right.bytes }

    func hash(into hasher: inout Hasher) { hasher.combine(bytes) }

    // MARK: Among names

    /// "hypserie" in ASCII.
    static let lockKey: Int64 = 0x6879_7073_6572_6965

    var owner: NameOwner { .service(Array(service.utf8)) }

    /// As `"requests" {status="200"}`, cut off where it is long.
    var label: String {
        let dimensions = series.dimensions.map { "\($0.key)=\"\($0.value)\"" }.joined(separator: ", ")
        let label = "\"\(series.name)\"" + (dimensions.isEmpty ? "" : " {\(dimensions)}")
        return label.count > 200 ? label.prefix(200) + "…" : label
    }

    static func refusal(of owner: NameOwner, limit: Int, labels: String, fate: String) -> String {
        """
        \(owner) has \(limit) series, as many as \(SettingKey.servicesSeries.name) allows: windows of \(labels) are \
        \(fate), the others are written
        """
    }

    static func find(
        _ names: ArraySlice<ServiceSeries>, on connection: PostgresConnection
    ) throws(PostgresError) -> [Int64?] {
        try SeriesStatements.find(names, on: connection)
    }

    static func counts(
        of owners: [NameOwner], on connection: PostgresConnection
    ) throws(PostgresError) -> [NameOwner: Int] {
        try SeriesStatements.counts(of: owners, on: connection)
    }

    static func make(
        _ names: ArraySlice<ServiceSeries>, on connection: PostgresConnection
    ) throws(PostgresError) {
        try SeriesStatements.make(names, on: connection)
    }
}

extension SeriesWindows: NamedRecords {
    var usedNames: [ServiceSeries?] {
        zip(series, usedPlaces(of: series.count)).map { $1 ? ServiceSeries(service, $0) : nil }
    }

    var nameIndexes: [UInt32] { seriesIndexes }

    func only(_ rows: [Int]) -> SeriesWindows {
        var theirs = SeriesWindows(instanceID: instanceID, runID: runID, service: service)
        var list = NameList(series)
        for row in rows {
            theirs.seriesIndexes.append(list.place(of: seriesIndexes[row]))
            theirs.times.append(times[row])
            theirs.durationsMs.append(durationsMs[row])
            theirs.counts.append(counts[row])
            theirs.nonFiniteCounts.append(nonFiniteCounts[row])
            theirs.histograms.append(histograms[row])
        }
        theirs.series = list.names
        theirs.sum = sum.only(rows)
        theirs.min = min.only(rows)
        theirs.max = max.only(rows)
        theirs.last = last.only(rows)
        return theirs
    }
}

extension Column {
    /// These rows alone.
    fileprivate func only(_ rows: [Int]) -> Column {
        Column(rows.map { isPresent($0) ? values[valueCount(before: $0)] : nil })
    }
}
