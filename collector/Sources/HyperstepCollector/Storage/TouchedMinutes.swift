import HyperstepPolicies
import HyperstepPostgres

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The minutes of one table in which a transaction writes rows, by what its aggregates find them: what a
/// collector that keeps the aggregates itself has to compute again.
struct TouchedMinutes {
    private static let length: Int64 = 60_000_000_000
    private var pairs: Set<Pair> = []
    /// The pair before, and when its minute begins: rows that follow each other mostly share both.
    private var last: (key: UUID, start: Int64)?

    struct Pair: Hashable {
        let key: UUID
        /// Nanoseconds since 1970.
        let start: Int64
    }

    var isEmpty: Bool { pairs.isEmpty }

    /// Notes a row of `key` at `time`, nanoseconds since 1970.
    mutating func insert(_ key: UUID, _ time: Int64) {
        if let last, time >= last.start, time - last.start < Self.length, last.key == key { return }
        let start = time - time % Self.length
        last = (key, start)
        pairs.insert(Pair(key: key, start: start))
    }

    /// In ascending order, so that two writers note them in the same order and none waits for the other.
    func sorted() -> [Pair] { pairs.sorted { ($0.key, $0.start) < ($1.key, $1.start) } }

    // MARK: In the database

    /// Whether there is anything that takes notes.
    static func isWanted(on connection: PostgresConnection) throws(PostgresError) -> Bool {
        try connection.query(
            "SELECT to_regprocedure('hyperstep_internal.note_touched(text,uuid[],timestamptz[])') IS NOT NULL"
        ).bool(0, 0) ?? false
    }

    static func prepare(on connection: PostgresConnection) throws(PostgresError) {
        try connection.prepare(
            "noting touched minutes",
            "SELECT hyperstep_internal.note_touched($1::text, $2::uuid[], $3::timestamptz[])")
    }

    /// Writes the notes, in the transaction of the rows.
    func write(_ table: Hypertable, on connection: PostgresConnection) throws(PostgresError) {
        guard !isEmpty else { return }
        let pairs = sorted()
        _ = try connection.query(
            prepared: "noting touched minutes",
            [
                .text(table.name), .uuids(pairs.map(\.key)),
                .timestamps(
                    microseconds: pairs.map { PostgresTime.microseconds(fromNanoseconds: $0.start) }),
            ])
    }
}
