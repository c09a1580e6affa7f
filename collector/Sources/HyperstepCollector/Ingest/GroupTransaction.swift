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
    /// Of the names and attempts that are remembered.
    private var generation: Int64?
    private var lifeSigns: LifeSigns
    private var keptAside: KeptAside

    init(_ session: DatabaseSession, _ settings: WriterSettings) {
        self.session = session
        self.settings = settings
        keptAside = KeptAside(limit: settings.refusalsKeptPerOwner)
        lifeSigns = LifeSigns(interval: settings.lifeSignInterval)
    }

    /// Writes a group, sorted by stream and position, or as much of it as one transaction may touch; when it
    /// throws, nothing.
    mutating func commit(_ group: [PendingBatch]) throws(PostgresError) -> GroupOutcome {
        try prepare(group)
        if generation == nil { generation = try NameGeneration.read(on: connection) }
        try tables.prepare(group, settings, in: session)
        attempts.begin()
        keptAside.begin()
        let outcome = try transaction { me, ledger, outcome throws(PostgresError) in
            try me.lock(group, &ledger)
            me.tables.begin(me.settings, me.session.facts)
            outcome = GroupOutcome(group, &ledger) { batch, rows in me.tables.admit(batch, rows) }
            outcome.copies = try me.tables.write(outcome.writes, in: me.session)
            try me.attempts.write(outcome.writes, on: me.connection)
            try me.keepRefused(of: &outcome)
            try ModelStatements.apply(outcome.writes.flatMap(\.sightings), on: me.connection)
            try RunStatements.apply(outcome.events, on: me.connection)
            try me.move(group, ledger, usesNames: outcome.usesNames)
        }
        attempts.committed()
        keptAside.committed()
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
                try LedgerStatements.reject(pending.batch, from: before, error, on: me.connection)
            }
            try me.move([pending], ledger, usesNames: false)
        }
    }

    /// Keeps the rows aside that are not written though their batch's others are; of each owner only so many times,
    /// since what is refused once mostly comes with every batch.
    private mutating func keepRefused(of outcome: inout GroupOutcome) throws(PostgresError) {
        for write in outcome.writes {
            guard let refused = tables.refused(of: write.pending.batch, write.rows, settings) else {
                continue
            }
            let owner = refused.owner
            let isKept = keptAside.add(to: owner)
            let reason = refused.reason(isKept: isKept)
            if isKept {
                let batch = refused.alone
                let error = PostgresError(code: RefusedRows.sqlstate, message: reason)
                try LedgerStatements.reject(batch, from: batch.firstPosition, error, on: connection)
            }
            outcome.refusals.append(
                (write.pending, Refusal(reason: reason, count: UInt64(refused.rows.count)), owner))
        }
    }

    private mutating func transaction(
        _ body: (inout GroupTransaction, inout [UUID: LedgerEntry], inout GroupOutcome) throws(PostgresError)
            -> Void
    ) throws(PostgresError) -> GroupOutcome {
        var ledger: [UUID: LedgerEntry] = [:]
        var outcome = GroupOutcome()
        try connection.transaction { () throws(PostgresError) in try body(&self, &ledger, &outcome) }
        for table in outcome.copies.fallbacks.keys { session.fellBack(table) }
        return outcome
    }

    /// Checks that what failed did not fail because of what this session alone is like.
    func verifySession() throws(PostgresError) { try session.verify() }

    // MARK: Before it begins

    /// Makes the ledger rows of new streams.
    private mutating func prepare(_ group: [PendingBatch]) throws(PostgresError) {
        try session.begin()
        let missing = Self.streams(of: group).filter { !known.contains($0) }
        if !missing.isEmpty {
            try session.verify()
            try LedgerStatements.make(missing, on: connection)
            if known.count > 100_000 { known = [] }
            known.formUnion(missing)
        }
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

    private mutating func move(
        _ group: [PendingBatch], _ ledger: [UUID: LedgerEntry], usesNames: Bool
    ) throws(PostgresError) {
        let runs = Dictionary(
            group.compactMap { pending in pending.batch.runID.map { (pending.batch.stream, $0) } },
            uniquingKeysWith: { $1 })
        let moved = try LedgerStatements.move(ledger, runs: runs, usesNames: usesNames, on: connection)
        guard let moved else { return }
        try session.verify(moved.state)
        guard let now = moved.generation, now != generation else { return }
        tables.forgetIDs()
        attempts.forget()
        generation = now
        throw PostgresError(code: "40001", message: "names or attempts were deleted or changed meanwhile")
    }
}
