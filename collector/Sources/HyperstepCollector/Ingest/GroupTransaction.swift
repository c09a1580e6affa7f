import HyperstepPostgres
import HyperstepWire

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Commits groups of batches on one connection: ledger, rows and events in one transaction each.
struct GroupTransaction: ~Copyable {
    private let connection: PostgresConnection
    private var steps = TrainingStepsCopy()
    /// Streams whose ledger row is known to exist; a cache, forgotten when it gets large or proves wrong.
    private var known: Set<UUID> = []

    private var attempts = RunAttempts()
    private var lifeSigns: LifeSigns

    init(_ session: DatabaseSession, lifeSignInterval: Duration) {
        connection = session.connection
        lifeSigns = LifeSigns(interval: lifeSignInterval)
    }

    /// What became of one batch once its transaction is committed.
    struct Applied {
        let pending: PendingBatch
        let decision: LedgerDecision
        /// Where its stream stood after it.
        let nextPosition: UInt64
    }

    /// Writes a group, sorted by stream and position; all or, when it throws, nothing.
    mutating func commit(_ group: [PendingBatch]) throws(PostgresError) -> [Applied] {
        var attempts = attempts
        attempts.begin()
        let applied = try transaction(group) { connection, steps, applied, _ throws(PostgresError) in
            try Self.copySteps(applied, &steps, on: connection)
            try attempts.write(Self.writes(of: applied), on: connection)
            try RunStatements.apply(Self.events(of: applied), on: connection)
        }
        attempts.committed()
        self.attempts = attempts
        lifeSigns.write(Self.writes(of: applied), on: connection)
        return applied
    }

    /// Keeps a batch that the database refused aside and moves its stream past it.
    mutating func reject(_ pending: PendingBatch, _ error: PostgresError) throws(PostgresError) -> Applied {
        let applied = try transaction([pending]) { connection, _, applied, before throws(PostgresError) in
            guard case .write = applied[0].decision else { return }
            let position = before[pending.batch.stream]?.nextPosition ?? pending.batch.firstPosition
            try LedgerStatements.reject(pending, from: position, error, on: connection)
        }
        return applied[0]
    }

    private mutating func transaction(
        _ group: [PendingBatch],
        _ write: (
            PostgresConnection, inout TrainingStepsCopy, [Applied], [UUID: LedgerEntry]
        ) throws(PostgresError) -> Void
    ) throws(PostgresError) -> [Applied] {
        do throws(PostgresError) {
            var streams: [UUID] = []
            for pending in group where streams.last != pending.batch.stream {
                streams.append(pending.batch.stream)
            }
            try makeMissing(streams)
            try connection.execute("BEGIN")
            let before = try LedgerStatements.lock(streams, on: connection)
            guard before.count == streams.count else {
                known = []
                throw PostgresError(code: "40001", message: "rows of ingest_streams were deleted meanwhile")
            }
            var ledger = before
            let applied = Self.decide(group, &ledger)
            try write(connection, &steps, applied, before)
            let runs = Dictionary(
                group.compactMap { pending in pending.batch.runID.map { (pending.batch.stream, $0) } },
                uniquingKeysWith: { $1 })
            try LedgerStatements.move(ledger, runs: runs, on: connection)
            try commit()
            return applied
        } catch {
            if error.kind != .connectionLost, connection.transactionStatus != .idle {
                try connection.execute("ROLLBACK")
            }
            throw error
        }
    }

    private mutating func makeMissing(_ streams: [UUID]) throws(PostgresError) {
        let missing = streams.filter { !known.contains($0) }
        guard !missing.isEmpty else { return }
        try LedgerStatements.make(missing, on: connection)
        if known.count > 100_000 { known = [] }
        known.formUnion(missing)
    }

    private func commit() throws(PostgresError) {
        let tag = try connection.query("COMMIT").commandTag
        // A server answers COMMIT of a failed transaction with ROLLBACK, and no error.
        guard tag == "COMMIT" else {
            throw PostgresError(kind: .other, message: "COMMIT was answered with \(tag)")
        }
    }

    private static func decide(_ group: [PendingBatch], _ ledger: inout [UUID: LedgerEntry]) -> [Applied] {
        group.map { pending in
            let stream = pending.batch.stream
            var entry = ledger[stream] ?? LedgerEntry(nextPosition: 0)
            let decision = entry.admit(pending.batch)
            ledger[stream] = entry
            return Applied(pending: pending, decision: decision, nextPosition: entry.nextPosition)
        }
    }

    private static func copySteps(
        _ applied: [Applied], _ copy: inout TrainingStepsCopy, on connection: PostgresConnection
    ) throws(PostgresError) {
        let writes = applied.compactMap { item -> (TrainingSteps, Range<Int>)? in
            guard case .write(let rows) = item.decision, !rows.isEmpty,
                case .trainingSteps(let steps) = item.pending.batch.records
            else { return nil }
            return (steps, rows)
        }
        guard !writes.isEmpty else { return }
        try connection.copyIn(TrainingStepsCopy.statement) { writer throws(PostgresError) in
            copy.begin()
            for (steps, rows) in writes { try copy.write(steps, rows: rows, to: writer) }
            try copy.end(to: writer)
        }
    }

    private static func writes(of applied: [Applied]) -> [(Batch, Range<Int>)] {
        applied.compactMap { item in
            guard case .write(let rows) = item.decision, !rows.isEmpty else { return nil }
            return (item.pending.batch, rows)
        }
    }

    private static func events(of applied: [Applied]) -> [RunEvent] {
        applied.flatMap { item -> ArraySlice<RunEvent> in
            guard case .write(let rows) = item.decision,
                case .runEvents(let events) = item.pending.batch.records
            else { return [] }
            return events[rows]
        }
    }
}
