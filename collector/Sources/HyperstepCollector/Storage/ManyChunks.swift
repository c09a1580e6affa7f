import HyperstepPolicies
import HyperstepPostgres

/// Lets one transaction at a time, of all collectors', touch several chunks of a table where chunks are compressed.
///
/// TimescaleDB marks a compressed chunk that takes rows, and holds that mark's row of its catalogue to the end of the
/// transaction, as it does the table's lock where a chunk has to be made. Two transactions whose late rows come to
/// the same chunks in another order would wait for each other in a circle. One that touches a single chunk of
/// each table cannot be part of it, since all transactions come to the tables in one order; most do.
enum ManyChunks {
    /// "hyplate" in ASCII, and the table's number.
    private static let firstKey: Int64 = 0x6879_706c_6174_6500

    /// Waits for its turn; it ends with the transaction.
    static func wait(for table: Hypertable, on connection: PostgresConnection) throws(PostgresError) {
        let number = Hypertable.allCases.firstIndex(of: table) ?? 0
        _ = try connection.query("SELECT pg_advisory_xact_lock($1)", [.int64(firstKey + Int64(number))])
    }
}
