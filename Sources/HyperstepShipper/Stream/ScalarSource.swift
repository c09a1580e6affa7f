import HyperstepRecorder
import HyperstepWire

#if canImport(FoundationEssentials)
    import struct FoundationEssentials.UUID
#else
    import struct Foundation.UUID
#endif

/// The ring of named metrics' values. Their names are resolved for each batch, which says each of them once.
struct ScalarSource: RingSource {
    let ring: ScalarRing
    let names: NameTable
    let runID: UUID
    let attempt: Int16
    let rank: Int16

    var kind: StreamKind { .scalars }

    func batch(from position: UInt64, limit: Int) -> Batch? {
        var rows = ScalarRows(scalars: Scalars(runID: runID, attempt: attempt, rank: rank), names: names)
        let reading = ring.read(from: position, limit: min(limit, Int(WireLimits.maxPositions))) {
            position, record in
            rows.append(record, at: position)
        }
        guard !reading.isEmpty else { return nil }
        let first = reading.positions.lowerBound
        let end = rows.end ?? reading.positions.upperBound
        let voids = reading.voidOffsets.filter { UInt64($0) < end - first }
        // A value whose name is damaged is a value of nothing.
        let nameless = rows.nameless.map { UInt32($0 - first) }
        return Batch(
            stream: stream, positions: first..<end,
            voidOffsets: nameless.isEmpty ? voids : (voids + nameless).sorted(), level: level,
            records: .scalars(rows.scalars))
    }
}

/// The rows of one batch as they are read.
private struct ScalarRows {
    var scalars: Scalars
    let names: NameTable
    /// Positions of values whose names cannot be read.
    var nameless: [UInt64] = []
    /// Where the batch has to end, since the next row would name one metric too many.
    var end: UInt64?

    /// Place in the batch's metrics of each metric met; nil for one whose name cannot be read.
    private var places: [MetricID: UInt32?] = [:]
    /// By bytes: names that only look alike are two metrics, and two strings that are equal.
    private var placesByName: [[UInt8]: UInt32] = [:]

    init(scalars: Scalars, names: NameTable) {
        self.scalars = scalars
        self.names = names
    }

    mutating func append(_ record: ScalarRecord, at position: UInt64) {
        guard end == nil else { return }
        guard let index = place(of: record.metric) else {
            nameless.append(position)
            return
        }
        guard index < WireLimits.maxMetrics else {
            end = position
            return
        }
        // A clock before 1970 is no time that the contract has.
        scalars.times.append(max(record.time, 0))
        scalars.metricIndexes.append(index)
        scalars.steps.append(record.step)
        scalars.values.append(record.value)
    }

    /// `WireLimits.maxMetrics` where there is no place for one more.
    private mutating func place(of id: MetricID) -> UInt32? {
        if let known = places[id] { return known }
        guard let metric = names[id], !metric.name.isEmpty, !metric.name.utf8.contains(0) else {
            places[id] = .some(nil)
            return nil
        }
        // A batch says a name once: of two units the first one holds.
        let bytes = Array(metric.name.utf8)
        if let known = placesByName[bytes] {
            places[id] = known
            return known
        }
        let place = UInt32(scalars.metrics.count)
        guard place < WireLimits.maxMetrics else { return place }
        scalars.metrics.append(Metric(name: metric.name, unit: metric.unit))
        places[id] = place
        placesByName[bytes] = place
        return place
    }
}
