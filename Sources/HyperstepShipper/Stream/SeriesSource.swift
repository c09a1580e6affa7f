import HyperstepRecorder
import HyperstepWire

#if canImport(FoundationEssentials)
    import struct FoundationEssentials.UUID
#else
    import struct Foundation.UUID
#endif

/// The ring of instruments' windows: each payload is a `SeriesRow`, whose series the recorder's file describes.
struct SeriesSource: PayloadSource {
    let ring: WindowRing
    let instruments: Instruments
    let instanceID: UUID
    let runID: UUID?
    let service: String

    var kind: StreamKind { .series }

    /// With a series of the longest description each, a batch stays far below what a body may have.
    var mostRecords: Int { 1_024 }

    struct Row {
        let row: SeriesRow
        let identity: [UInt8]
        let series: Series
    }

    func decode(_ payload: UnsafeRawBufferPointer) throws(WireError) -> Row {
        let row = try SeriesRow(decoding: payload)
        guard let identity = instruments.identity(of: row.series) else {
            throw WireError(
                field: "series_windows.series_index",
                reason: "expected one of the \(instruments.count) series that the recorder describes, got "
                    + "\(row.series)")
        }
        return Row(row: row, identity: identity, series: try Self.series(identity))
    }

    private static func series(_ identity: [UInt8]) throws(WireError) -> Series {
        try identity.withUnsafeBytes { bytes in
            Result { () throws(WireError) in try Series(decoding: bytes) }
        }.get()
    }

    func records(_ records: [Row]) -> Batch.Records {
        var all = SeriesWindows(instanceID: instanceID, runID: runID, service: service)
        // By what they are called and not by their numbers: no file, however strange, makes a batch that has one twice.
        // By bytes, which Swift's equality of texts does not go by.
        var places: [[UInt8]: UInt32] = [:]
        for record in records {
            let place = places[record.identity] ?? UInt32(all.series.count)
            if place == all.series.count {
                all.series.append(record.series)
                places[record.identity] = place
            }
            all.seriesIndexes.append(place)
        }
        let rows = records.map(\.row)
        all.times = rows.map(\.time)
        all.durationsMs = rows.map(\.durationMs)
        all.counts = rows.map(\.count)
        all.nonFiniteCounts = rows.map(\.nonFiniteCount)
        all.sum = DoubleColumn(rows.map { $0.numbers[0] })
        all.min = DoubleColumn(rows.map { $0.numbers[1] })
        all.max = DoubleColumn(rows.map { $0.numbers[2] })
        all.last = DoubleColumn(rows.map { $0.numbers[3] })
        all.histograms = rows.map(\.histogram)
        return .seriesWindows(all)
    }
}
