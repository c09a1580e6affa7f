import HyperstepPolicies
import HyperstepPostgres

/// What decides how rows are written, as the database says it.
struct WriteFacts: Equatable {
    var edition = Edition.community
    /// As [2, 28, 3].
    var timescaleVersion: [Int] = []
    /// Length of each hypertable's chunks, in nanoseconds.
    var chunkLengths: [Hypertable: Int64] = [:]
    /// The columns by which each table is segmented that rows can be compressed into on their way in; tables
    /// that cannot take them so are left out.
    var compressible: [Hypertable: Set<String>] = [:]

    /// Before 2.28.1 rows that were compressed on their way in were not held against CHECK and NOT NULL.
    static let oldestDirectCompress = [2, 28, 1]

    /// For a table that the database says nothing of.
    static let standardChunkLength: Int64 = 3_600_000_000_000

    init() {}

    /// Asks the server; changes nothing.
    init(_ connection: PostgresConnection) throws(PostgresError) {
        edition = try Edition.of(connection)
        let version = try connection.query(
            "SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'"
        ).text(0, 0)
        timescaleVersion = (version ?? "").split { !$0.isNumber }.prefix(3).compactMap { Int($0) }
        chunkLengths = try Self.chunkLengths(connection)
        let isNewEnough = !timescaleVersion.lexicographicallyPrecedes(Self.oldestDirectCompress)
        guard edition == .community, isNewEnough else { return }
        do throws(PostgresError) {
            compressible = try Self.compressible(connection)
        } catch {
            // A release that describes its columnstore otherwise: rows go to the row store.
            guard error.kind == .schema else { throw error }
        }
    }

    func chunkLength(of table: Hypertable) -> Int64 { chunkLengths[table] ?? Self.standardChunkLength }

    private static func chunkLengths(
        _ connection: PostgresConnection
    ) throws(PostgresError) -> [Hypertable: Int64] {
        let rows = try connection.query(
            """
            SELECT hypertable_name, (extract(epoch FROM time_interval) * 1000000)::bigint
            FROM timescaledb_information.dimensions
            WHERE hypertable_schema = \(connection.schema.literal) AND dimension_number = 1 AND time_interval IS NOT NULL
            """)
        var lengths: [Hypertable: Int64] = [:]
        for row in 0..<rows.count {
            guard let table = rows.text(row, 0).flatMap(Hypertable.init(rawValue:)),
                let microseconds = rows.int64(row, 1), microseconds > 0
            else { continue }
            let (nanoseconds, isLong) = microseconds.multipliedReportingOverflow(by: 1_000)
            lengths[table] = isLong ? .max : nanoseconds
        }
        return lengths
    }

    /// Tables with a columnstore, and without what rules direct compression out: a unique index, or a trigger
    /// that an insert fires, as a foreign key has one.
    private static func compressible(
        _ connection: PostgresConnection
    ) throws(PostgresError) -> [Hypertable: Set<String>] {
        let rows = try connection.query(
            """
            SELECT h.hypertable_name, coalesce(s.segmentby, '')
            FROM timescaledb_information.hypertables AS h
            JOIN timescaledb_information.hypertable_columnstore_settings AS s
                ON s.hypertable = format('%I.%I', h.hypertable_schema, h.hypertable_name)::regclass
            WHERE h.hypertable_schema = \(connection.schema.literal) AND h.compression_enabled
                AND NOT EXISTS (SELECT FROM pg_index WHERE indrelid = s.hypertable AND indisunique)
                AND NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = s.hypertable AND tgtype & 4 <> 0)
            """)
        var tables: [Hypertable: Set<String>] = [:]
        for row in 0..<rows.count {
            guard let table = rows.text(row, 0).flatMap(Hypertable.init(rawValue:)) else { continue }
            tables[table] = Set((rows.text(row, 1) ?? "").split { $0 == "," || $0 == " " }.map(String.init))
        }
        return tables
    }
}
