import HyperstepPostgres
import HyperstepWire

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Commits groups of batches on one connection: ledger, rows and events in one transaction each.
struct GroupTransaction: ~Copyable {
    private let session: DatabaseSession
    private let settings: WriterSettings
    private var connection: PostgresConnection { session.connection }
    private var tables = TableWriters()
    /// Streams whose ledger row is known to exist; a cache, forgotten when it gets large or proves wrong.
    private var known: Set<UUID> = []
    private var attempts = RunAttempts()
    private var lifeSigns: LifeSigns

    init(_ session: DatabaseSession, _ settings: WriterSettings) {
        self.session = session
        self.settings = settings
        lifeSigns = LifeSigns(interval: settings.lifeSignInterval)
    }

    /// Writes a group, sorted by stream and position, or as much of it as one transaction may touch; when it
    /// throws, nothing.
    mutating func commit(_ group: [PendingBatch]) throws(PostgresError) -> GroupOutcome {
        try prepare(group)
        attempts.begin()
        let outcome = try transaction { me, ledger, outcome throws(PostgresError) in
            try me.lock(group, &ledger)
            me.tables.begin(me.settings, me.session.facts)
            outcome = GroupOutcome(group, &ledger) { batch, rows in me.tables.admit(batch, rows) }
            outcome.copies = try me.tables.write(outcome.writes, in: me.session)
            try me.attempts.write(outcome.writes, on: me.connection)
            try RunStatements.apply(outcome.events, on: me.connection)
            try me.move(group, ledger)
        }
        attempts.committed()
        lifeSigns.write(outcome.writes, on: connection)
        return outcome
    }

    /// Keeps a batch that the database refused aside and moves its stream past it.
    mutating func reject(_ pending: PendingBatch, _ error: PostgresError) throws(PostgresError)
        -> GroupOutcome
    {
        try prepare([pending])
        return try transaction { me, ledger, outcome throws(PostgresError) in
            try me.lock([pending], &ledger)
            let before = ledger[pending.batch.stream]?.nextPosition ?? pending.batch.firstPosition
            outcome = GroupOutcome([pending], &ledger) { _, rows in rows.upperBound }
            if case .write = outcome.applied[0].decision {
                try LedgerStatements.reject(pending, from: before, error, on: me.connection)
            }
            try me.move([pending], ledger)
        }
    }

    private mutating func transaction(
        _ body: (inout GroupTransaction, inout [UUID: LedgerEntry], inout GroupOutcome) throws(PostgresError)
            -> Void
    ) throws(PostgresError) -> GroupOutcome {
        do throws(PostgresError) {
            var ledger: [UUID: LedgerEntry] = [:]
            var outcome = GroupOutcome()
            try connection.execute("BEGIN")
            try body(&self, &ledger, &outcome)
            try commit()
            for table in outcome.copies.fallbacks.keys { session.fellBack(table) }
            return outcome
        } catch {
            if error.kind != .connectionLost, connection.transactionStatus != .idle {
                try connection.execute("ROLLBACK")
            }
            throw error
        }
    }

    // MARK: Before it begins

    /// Makes what has to be there and is made in transactions of its own.
    private mutating func prepare(_ group: [PendingBatch]) throws(PostgresError) {
        try session.begin()
        let missing = Self.streams(of: group).filter { !known.contains($0) }
        if !missing.isEmpty {
            try LedgerStatements.make(missing, on: connection)
            if known.count > 100_000 { known = [] }
            known.formUnion(missing)
        }
        try tables.prepare(group, on: connection)
    }

    private static func streams(of group: [PendingBatch]) -> [UUID] {
        var streams: [UUID] = []
        for pending in group where streams.last != pending.batch.stream {
            streams.append(pending.batch.stream)
        }
        return streams
    }

    // MARK: The ledger

    private mutating func lock(
        _ group: [PendingBatch], _ ledger: inout [UUID: LedgerEntry]
    ) throws(PostgresError) {
        let streams = Self.streams(of: group)
        ledger = try LedgerStatements.lock(streams, on: connection)
        guard ledger.count == streams.count else {
            known = []
            throw PostgresError(code: "40001", message: "rows of ingest_streams were deleted meanwhile")
        }
    }

    private func move(
        _ group: [PendingBatch], _ ledger: [UUID: LedgerEntry]
    ) throws(PostgresError) {
        let runs = Dictionary(
            group.compactMap { pending in pending.batch.runID.map { (pending.batch.stream, $0) } },
            uniquingKeysWith: { $1 })
        try LedgerStatements.move(ledger, runs: runs, on: connection)
    }

    private func commit() throws(PostgresError) {
        let tag = try connection.query("COMMIT").commandTag
        // A server answers COMMIT of a failed transaction with ROLLBACK, and no error.
        guard tag == "COMMIT" else {
            throw PostgresError(kind: .other, message: "COMMIT was answered with \(tag)")
        }
    }
}
