/// Whether a statement that touches every chunk of a table finds room in the server's table of locks.
struct LocksCheck: Sendable {
    /// `max_locks_per_transaction`.
    var perTransaction: Int
    /// `max_connections` and `max_prepared_transactions`.
    var transactions: Int
    /// Chunks of the relation that has most.
    var chunks: Int

    /// A chunk, its indexes, its columnstore and that one's index.
    static let locksPerChunk = 5

    var findings: [Finding] {
        let room = perTransaction * transactions
        let wanted = chunks * Self.locksPerChunk
        // Half of it is for everybody else.
        guard wanted * 2 > room else {
            return [Finding(.ok, "locks", "room for \(room) locks, \(chunks) chunks in the largest table")]
        }
        let least = (wanted * 2 + max(1, transactions) - 1) / max(1, transactions)
        return [
            Finding(
                .warning, "locks",
                """
                a query without a time filter over \(chunks) chunks takes about \(wanted) of \(room) locks, and pg_dump \
                more: "out of shared memory"
                """,
                remedy: """
                    set max_locks_per_transaction to at least \(least) and restart the server, or have fewer chunks: a \
                    longer chunk_interval, or a retention
                    """)
        ]
    }
}
