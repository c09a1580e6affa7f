import HyperstepCollector
import HyperstepPolicies
import HyperstepPostgres
import Logging
import TestDatabases
import Testing

@Suite(
    "Columns of hypertables", .needsDatabase, .mayBlock
)
struct HypertableColumnsTests {
    @Test("They are those of a migrated database, in its order, and measurements are its floating-point ones")
    func sameAsTheDatabase() async throws {
        let edition = try #require(TestEdition.all.first)
        try await withTestDatabase(edition) { database in
            _ = try await MigrateCommand(url: PostgresURL(database.url), logger: Logger(label: "test")).run()
            let connection = try database.connect()
            for hypertable in Hypertable.allCases {
                let rows = try connection.query(
                    """
                    SELECT column_name || ' ' || data_type FROM information_schema.columns
                    WHERE table_schema = 'public' AND table_name = '\(hypertable.name)' ORDER BY ordinal_position
                    """)
                let found = (0..<rows.count).compactMap { rows.text($0, 0) }.map {
                    $0.split(separator: " ", maxSplits: 1)
                }
                #expect(found.map { String($0[0]) } == hypertable.columns.map(\.name))
                for (column, row) in zip(hypertable.columns, found) {
                    #expect(Self.kinds(of: String(row[1])).contains(column.kind), "\(hypertable) \(column)")
                }
            }
        }
    }

    private static func kinds(of type: String) -> [ColumnKind] {
        switch type {
        case "timestamp with time zone": [.time]
        case "double precision": [.measurement]
        case "jsonb": [.json]
        case "uuid", "text", "character varying": [.identity]
        case "integer", "smallint", "bigint": [.integer, .identity]
        default: []
        }
    }
}
