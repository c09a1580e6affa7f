import HyperstepWire

/// Rows of a batch that are kept in `ingest_rejects`, and not written, because those that their names belong to have as
/// many names as they may have. The batch's other rows are written.
struct RefusedRows {
    /// What PostgreSQL calls a limit of a program that is exceeded.
    static let sqlstate = "54000"

    private let batch: Batch
    /// These rows alone.
    private let records: () -> Batch.Records
    private let makeReason: (String) -> String
    /// Their places in the batch, ascending, at least one.
    let rows: [Int]
    /// Whose names they have.
    let owner: NameOwner

    /// Those of `rows` whose name is refused; nil if there are none.
    ///
    /// - Parameters:
    ///   - refused: the names that are refused, by their places in the batch's list. All are of one owner.
    ///   - limit: how many names an owner may have.
    ///   - wrap: makes the records of a batch.
    init?<Records: NamedRecords>(
        _ batch: Batch, _ records: Records, _ rows: Range<Int>, _ refused: [Records.Name?], limit: Int,
        _ wrap: @escaping (Records) -> Batch.Records
    ) {
        let names = refused.compactMap(\.self)
        guard let owner = names.first?.owner else { return nil }
        let indexes = records.nameIndexes
        let theirs = rows.filter { refused[Int(indexes[$0])] != nil }
        guard !theirs.isEmpty else { return nil }
        self.rows = theirs
        self.batch = batch
        self.owner = owner
        self.records = { wrap(records.only(theirs)) }
        makeReason = { fate in
            let first = names.prefix(3).map(\.label.withoutControls).joined(separator: ", ")
            let others = names.count > 3 ? " and \(names.count - 3) more" : ""
            return Records.Name.refusal(of: owner, limit: limit, labels: first + others, fate: fate)
        }
    }

    /// For a person. Names are made of what users type: what could pass for a line of a log is not repeated.
    func reason(isKept: Bool) -> String {
        makeReason(isKept ? "kept in ingest_rejects" : "lost, since ingest_rejects has so many of them")
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
            positionCount: UInt64(last - first) + 1, voidOffsets: voids, records: records())
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
}
