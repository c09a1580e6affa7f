public import HyperstepPostgres

/// How an aggregate that exists is kept.
public enum AggregateKind: Sendable, Equatable {
    /// By TimescaleDB: a continuous aggregate.
    case continuous
    /// By the collector: a hypertable in `hyperstep_internal`, and a view over it in `public`.
    case kept

    /// How an aggregate of this edition is made.
    public init(_ edition: Edition) { self = edition == .community ? .continuous : .kept }

    /// Asks the catalogs how `aggregate` is kept. The answer need not be that of the server's edition, which may
    /// have changed since it was made.
    ///
    /// - Returns: nil if the aggregate does not exist.
    /// - Throws: ``PostgresError``; of kind `schema` where the database has not been migrated.
    public static func of(
        _ aggregate: Aggregate, _ connection: PostgresConnection
    ) throws(PostgresError) -> AggregateKind? {
        let row = try connection.query(
            """
            SELECT EXISTS (SELECT FROM timescaledb_information.continuous_aggregates
                           WHERE view_schema = \(connection.schema.literal) AND view_name = $1::text),
                   EXISTS (SELECT FROM hyperstep_internal.kept_aggregates WHERE aggregate = $1::text)
            """, [.text(aggregate.name)])
        if row.bool(0, 0) == true { return .continuous }
        return row.bool(0, 1) == true ? .kept : nil
    }
}
