public import HyperstepPostgres

extension Edition {
    /// The setting by which a server's TimescaleDB says what it may do, in SQL; null where its library is not loaded.
    static let licenseSQL = "current_setting('timescaledb.license', true)"

    /// Tells the edition by `timescaledb.license`.
    ///
    /// The library knows two licences, and only `timescale` permits what the Community edition has. Any other value, and
    /// nil, count as the Apache edition, so that nothing is asked of a server that it may refuse. The SQL function
    /// `hyperstep_internal.edition()` has the same rule.
    init(license: String?) { self = license == "timescale" ? .community : .apache }

    /// Asks the server which edition it runs. Works before a migration as well.
    public static func of(_ connection: PostgresConnection) throws(PostgresError) -> Edition {
        Edition(license: try connection.query("SELECT \(licenseSQL)").text(0, 0))
    }
}
