public import HyperstepPostgres

/// What a database has of all that can be declared.
public struct ObservedDatabase: Sendable, Equatable {
    /// Which TimescaleDB it runs.
    public var edition: Edition
    /// As `[2, 28, 3]`.
    public var timescaleVersion: [Int]
    /// Whether the role that asked may create and drop aggregates.
    public var isOwner: Bool
    /// Where Hyperstep's tables are.
    public var schema = PostgresSchema.standard
    /// Those that exist.
    public var hypertables: [Hypertable: ObservedHypertable]
    /// Those that exist.
    public var aggregates: [Aggregate: ObservedAggregate]

    /// All of it.
    public init(
        edition: Edition, timescaleVersion: [Int], isOwner: Bool = true,
        hypertables: [Hypertable: ObservedHypertable] = [:],
        aggregates: [Aggregate: ObservedAggregate] = [:]
    ) {
        self.edition = edition
        self.timescaleVersion = timescaleVersion
        self.isOwner = isOwner
        self.hypertables = hypertables
        self.aggregates = aggregates
    }

    /// Asks the database; changes nothing, and counts no rows.
    public init(_ connection: PostgresConnection) throws(PostgresError) {
        let server = try ServerFacts(connection)
        self.init(
            edition: server.edition, timescaleVersion: server.timescaleVersion, isOwner: server.isOwner)
        schema = connection.schema
        let jobs = try JobFacts(connection)
        hypertables = try Self.hypertables(connection, jobs)
        aggregates = try Self.continuousAggregates(connection, jobs)
        for (aggregate, kept) in try Self.keptAggregates(connection) { aggregates[aggregate] = kept }
    }
}

/// What is asked of the server as a whole.
struct ServerFacts {
    let edition: Edition
    let timescaleVersion: [Int]
    let isOwner: Bool

    init(_ connection: PostgresConnection) throws(PostgresError) {
        let row = try connection.query(
            """
            SELECT \(Edition.licenseSQL),
                   (SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'),
                   (SELECT pg_has_role(nspowner, CASE
                        WHEN current_setting('server_version_num')::int < 160000 THEN 'MEMBER' ELSE 'SET' END)
                    FROM pg_namespace WHERE nspname = 'hyperstep_internal')
            """)
        edition = Edition(license: row.text(0, 0))
        timescaleVersion = (row.text(0, 1) ?? "").split { !$0.isNumber }.prefix(3).compactMap { Int($0) }
        isOwner = row.bool(0, 2) ?? false
    }
}
