import HyperstepPolicies
import HyperstepPostgres
import HyperstepWire

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What is done to the ledger and to the rejects table. Streams are always given in ascending order, so that
/// two collectors lock rows in the same order and none waits for the other.
enum LedgerStatements {
    static func prepare(on connection: PostgresConnection) throws(PostgresError) {
        try connection.prepare(
            "making ledger rows",
            """
            INSERT INTO ingest_streams (stream_id) SELECT unnest($1::uuid[]) ON CONFLICT (stream_id) DO NOTHING
            """)
        try connection.prepare(
            "locking ledger rows",
            """
            SELECT stream_id, next_position, dropped FROM ingest_streams WHERE stream_id = ANY ($1::uuid[])
            ORDER BY stream_id FOR UPDATE
            """)
        try connection.prepare(
            "moving the ledger",
            """
            WITH moved AS (
                UPDATE ingest_streams AS s
                SET next_position = u.next_position, dropped = greatest(s.dropped, u.dropped),
                    run_id = coalesce(u.run_id, s.run_id), updated = now()
                FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::uuid[])
                    AS u (stream_id, next_position, dropped, run_id)
                WHERE s.stream_id = u.stream_id)
            SELECT \(SessionState.expression), CASE WHEN $5 THEN \(NameGeneration.expression) END
            """)
        try connection.prepare(
            "keeping a reject",
            """
            INSERT INTO ingest_rejects (stream_id, first_position, position_count, reason, sqlstate, batch)
            VALUES ($1::uuid, $2::bigint, $3::bigint, $4::text, $5::text, $6::bytea)
            """)
    }

    /// Makes the rows of streams never seen before. In a transaction of its own: made inside the one that
    /// locks, two collectors could each hold a row that the other waits for.
    static func make(_ streams: [UUID], on connection: PostgresConnection) throws(PostgresError) {
        _ = try connection.query(prepared: "making ledger rows", [.uuids(streams)])
    }

    /// Locks the rows until the transaction ends, and reads them; rows that do not exist are left out.
    static func lock(
        _ streams: [UUID], on connection: PostgresConnection
    ) throws(PostgresError) -> [UUID: LedgerEntry] {
        let rows = try connection.query(prepared: "locking ledger rows", [.uuids(streams)])
        var entries: [UUID: LedgerEntry] = [:]
        entries.reserveCapacity(rows.count)
        for row in 0..<rows.count {
            guard let stream = rows.uuid(row, 0), let next = rows.int64(row, 1),
                let dropped = rows.int64(row, 2)
            else { continue }
            entries[stream] = LedgerEntry(
                nextPosition: UInt64(clamping: next), dropped: UInt64(clamping: dropped))
        }
        return entries
    }

    /// What the last statement of a transaction tells, for which the transaction may have to be rolled back.
    struct Moved {
        let state: SessionState
        /// Nil where it was not asked for.
        let generation: Int64?
    }

    /// Writes back the rows that changed. It is the last statement of a transaction that writes rows.
    ///
    /// - Parameter usesNames: whether the transaction wrote anything by remembered ids. Their generation is told then,
    ///   and stays the newest until the transaction ends.
    /// - Returns: nil where no row changed, and nothing was asked.
    static func move(
        _ entries: [UUID: LedgerEntry], runs: [UUID: UUID], usesNames: Bool, on connection: PostgresConnection
    ) throws(PostgresError) -> Moved? {
        let changed = entries.filter { $0.value.isChanged }
        guard !changed.isEmpty else { return nil }
        let streams = Array(changed.keys)
        let row = try connection.query(
            prepared: "moving the ledger",
            [
                .uuids(streams),
                .int64s(streams.map { Int64(clamping: changed[$0]?.nextPosition ?? 0) }),
                .int64s(streams.map { Int64(clamping: changed[$0]?.dropped ?? 0) }),
                .uuids(streams.map { runs[$0] }), .bool(usesNames),
            ])
        return Moved(state: SessionState(row.text(0, 0) ?? ""), generation: row.int64(0, 1))
    }

    /// Keeps the bytes of a batch that was refused, as a collector can take them again.
    static func reject(
        _ batch: Batch, from position: UInt64, _ error: PostgresError, on connection: PostgresConnection
    ) throws(PostgresError) {
        // It was decoded from bytes that obey the contract, so it can be encoded.
        let bytes = (try? batch.encoded()) ?? []
        _ = try connection.query(
            prepared: "keeping a reject",
            [
                .uuid(batch.stream), .int64(Int64(clamping: position)),
                .int64(Int64(clamping: batch.lastPosition - position)), .text(error.message),
                .text(error.code), .bytes(bytes),
            ])
    }
}
