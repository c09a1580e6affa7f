import HyperstepWire

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Rows of a batch of scalars that are kept in `ingest_rejects`, and not written, because their run has as many
/// names of metrics as it may have. The batch's other rows are written.
struct RefusedRows {
    /// What PostgreSQL calls a limit of a program that is exceeded.
    static let sqlstate = "54000"

    private let batch: Batch
    private let scalars: Scalars
    private let isRefused: [Bool]
    private let limit: Int
    /// Their places in the batch, ascending, at least one.
    let rows: [Int]

    /// Those of `rows` whose metric is refused; nil if there are none.
    ///
    /// - Parameters:
    ///   - isRefused: by place in the batch's `metrics`.
    ///   - limit: how many names a run may have.
    init?(_ batch: Batch, _ scalars: Scalars, _ rows: Range<Int>, _ isRefused: [Bool], limit: Int) {
        guard !isRefused.isEmpty else { return nil }
        self.rows = rows.filter { isRefused[Int(scalars.metricIndexes[$0])] }
        guard !self.rows.isEmpty else { return nil }
        self.batch = batch
        self.scalars = scalars
        self.isRefused = isRefused
        self.limit = limit
    }

    /// The run.
    var run: UUID { scalars.runID }

    /// For a person. Names are made of what users type: what could pass for a line of a log is not repeated.
    func reason(isKept: Bool) -> String {
        let names = zip(scalars.metrics, isRefused).filter { $1 }.map { $0.0.name }
        let first = names.prefix(3).map { "\"\($0.withoutControls)\"" }.joined(separator: ", ")
        let others = names.count > 3 ? " and \(names.count - 3) more" : ""
        let fate = isKept ? "kept in ingest_rejects" : "lost, since ingest_rejects has so many of them"
        return """
            the run \(run) has logged \(limit) metrics, as many as \(SettingKey.runsMetricNames.name) allows: values \
            of \(first)\(others) are \(fate), the others are written
            """
    }

    /// A batch of these rows alone, from the first of them to the last: positions between them are void.
    var alone: Batch {
        let offsets = offsets
        let (first, last) = (offsets[0], offsets[offsets.count - 1])
        var voids: [UInt32] = []
        var place = 0
        for offset in first...last {
            if offset == offsets[place] { place += 1 } else { voids.append(offset - first) }
        }
        return Batch(
            stream: batch.stream, firstPosition: batch.firstPosition + UInt64(first),
            positionCount: UInt64(last - first) + 1, voidOffsets: voids, records: .scalars(theirs))
    }

    /// How far into the batch each of these rows is, positions without a record counted.
    private var offsets: [UInt32] {
        var offsets: [UInt32] = []
        var (row, place) = (0, 0)
        var voids = batch.voidOffsets[...]
        for offset in 0..<UInt32(batch.positionCount) where place < rows.count {
            if voids.first == offset {
                voids = voids.dropFirst()
                continue
            }
            if rows[place] == row {
                offsets.append(offset)
                place += 1
            }
            row += 1
        }
        return offsets
    }

    private var theirs: Scalars {
        var theirs = Scalars(runID: scalars.runID, attempt: scalars.attempt, rank: scalars.rank)
        var places: [UInt32: UInt32] = [:]
        for row in rows {
            let index = scalars.metricIndexes[row]
            let place = places[index] ?? UInt32(theirs.metrics.count)
            if places.updateValue(place, forKey: index) == nil {
                theirs.metrics.append(scalars.metrics[Int(index)])
            }
            theirs.metricIndexes.append(place)
            theirs.times.append(scalars.times[row])
            theirs.steps.append(scalars.steps[row])
            theirs.values.append(scalars.values[row])
        }
        return theirs
    }
}

extension String {
    /// The text with each control character replaced, so that it stays on its line.
    fileprivate var withoutControls: String {
        String(
            String.UnicodeScalarView(
                unicodeScalars.map { $0.properties.generalCategory == .control ? "\u{FFFD}" : $0 }))
    }
}
