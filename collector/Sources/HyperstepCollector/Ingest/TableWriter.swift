import HyperstepPolicies
import HyperstepPostgres
import HyperstepWire

/// Writes the rows of one table, transaction by transaction.
struct TableWriter<Copy: TableCopy & ~Copyable>: ~Copyable {
    private var copy: Copy
    private var budget = ChunkBudget(limit: 1, length: WriteFacts.standardChunkLength)

    init(_ copy: consuming Copy) { self.copy = copy }

    /// Makes what the rows of `group` refer to, before its transaction begins.
    mutating func prepare(
        _ group: [PendingBatch], _ settings: WriterSettings, in session: DatabaseSession
    ) throws(PostgresError) {
        try copy.prepare(group, settings, in: session)
    }

    /// Forgets the ids that it remembers.
    mutating func forgetIDs() { copy.forgetIDs() }

    /// Those of these rows of a batch that are not written though the others are.
    func refused(of batch: Batch, _ rows: Range<Int>, _ settings: WriterSettings) -> RefusedRows? {
        copy.refused(of: batch, rows, settings)
    }

    /// Begins a transaction.
    mutating func begin(_ settings: WriterSettings, _ facts: WriteFacts) {
        budget = ChunkBudget(
            limit: settings.chunksPerTransaction, length: facts.chunkLength(of: Copy.table),
            rowLimit: settings.rowsPerTransaction)
    }

    /// How far the rows of a batch may be written in this transaction.
    mutating func admit(_ batch: PendingBatch, _ rows: Range<Int>) -> Int {
        guard let records = Copy.records(of: batch.batch) else { return rows.upperBound }
        return budget.take(Copy.times(of: records), rows, counts: Copy.rowCounts(of: records))
    }

    /// Copies what the batches bring for this table, gathered in `buffer`, and notes what it touches.
    mutating func write(
        _ writes: [BatchRows], in session: DatabaseSession, through buffer: inout PostgresBinaryCopy,
        _ report: inout CopyReport
    ) throws(PostgresError) {
        var records: [Copy.Records] = []
        var parts: [CopyPlan.Part] = []
        for write in writes {
            guard let found = Copy.records(of: write.pending.batch) else { continue }
            records.append(found)
            parts.append(
                CopyPlan.Part(
                    segment: Copy.segment(of: found), times: Copy.times(of: found), rows: write.rows,
                    counts: Copy.rowCounts(of: found)))
        }
        guard !parts.isEmpty else { return }
        if session.facts.edition == .community, budget.isOfMany {
            try ManyChunks.wait(for: Copy.table, on: session.connection)
        }
        // Who compresses into a new chunk holds a lock on the table's columnstore to the end of the transaction. Coming
        // to another chunk then, which a job is compressing, it would wait for the job, and the job for that lock.
        let plan =
            budget.isOfMany
            ? CopyPlan(storing: parts) : session.plan(Copy.table, segmentColumns: Copy.segmentColumns, parts)
        // First what is compressed: a chunk is then made as a compressed one, and not changed into one.
        if !plan.compressed.isEmpty {
            try session.setDirectCompress(true)
            let count = try send(plan.compressed, of: records, through: &buffer, on: session.connection)
            if let reason = session.notices.take() {
                report.fallbacks[Copy.table] = reason
                report.storedRows += count
            } else {
                report.compressedRows += count
            }
        }
        if !plan.stored.isEmpty {
            try session.setDirectCompress(false)
            report.storedRows += try send(
                plan.stored, of: records, through: &buffer, on: session.connection)
        }
        if session.takesNotes { try note(parts, of: records, on: session.connection) }
    }

    private mutating func send(
        _ pieces: [CopyPlan.Piece], of records: [Copy.Records], through buffer: inout PostgresBinaryCopy,
        on connection: PostgresConnection
    ) throws(PostgresError) -> Int {
        try connection.copyIn(Copy.statement) { writer throws(PostgresError) in
            // What a COPY that failed left in it is forgotten.
            buffer.removeAll()
            buffer.header()
            for piece in pieces {
                try copy.write(records[piece.part], rows: piece.rows, through: &buffer, to: writer)
            }
            buffer.trailer()
            try writer.write(&buffer)
        }
    }

    private func note(
        _ parts: [CopyPlan.Part], of records: [Copy.Records], on connection: PostgresConnection
    ) throws(PostgresError) {
        var minutes = TouchedMinutes()
        for (part, records) in zip(parts, records) {
            for row in part.rows {
                guard let key = Copy.noteKey(of: records, row) else { continue }
                minutes.insert(key, part.times[row])
            }
        }
        try minutes.write(Copy.table, on: connection)
    }
}

/// Records of one batch that a transaction writes, by their places in it.
struct BatchRows {
    let pending: PendingBatch
    let rows: Range<Int>
}

/// What the COPYs of one transaction did.
struct CopyReport: Equatable {
    /// Rows that were compressed on their way in.
    var compressedRows = 0
    /// Rows that were stored as rows.
    var storedRows = 0
    /// Tables whose rows the server would not compress, and why.
    var fallbacks: [Hypertable: String] = [:]
}
