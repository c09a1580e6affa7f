import HyperstepPostgres

/// Whether this collector knows the shape of TimescaleDB's internal catalogue, which changes from release to release.
struct CatalogCheck: Sendable {
    /// What each part that cannot be read is good for, by the part's name.
    var unread: [(part: String, purpose: String)]

    var findings: [Finding] {
        guard !unread.isEmpty else { return [] }
        let parts = unread.map { "\($0.purpose) (\($0.part))" }.joined(separator: "; ")
        return [
            Finding(
                .warning, "timescaledb-catalog",
                "this release of TimescaleDB keeps in a form that the collector does not know: \(parts)",
                remedy: """
                    policies work, and what status and doctor show of this is estimated or left out; a newer \
                    collector may know the form
                    """)
        ]
    }
}

extension CatalogCheck {
    /// Nothing is found before the migration that brings the functions which read the catalogue.
    init(_ connection: PostgresConnection) throws(PostgresError) {
        guard try connection.hasCatalogFunctions() else {
            self.init(unread: [])
            return
        }
        let rows = try connection.query(
            "SELECT part, purpose FROM hyperstep_internal.catalog_parts() WHERE NOT is_readable ORDER BY part"
        )
        self.init(
            unread: (0..<rows.count).map { (rows.text($0, 0) ?? "", rows.text($0, 1) ?? "") })
    }
}

extension PostgresConnection {
    /// Whether the database has the functions of `timescaledb.sql`, through which TimescaleDB's own catalogue is read.
    func hasCatalogFunctions() throws(PostgresError) -> Bool {
        let function = "hyperstep_internal.managed_hypertables()"
        return try query("SELECT to_regprocedure($1) IS NOT NULL", [.text(function)]).bool(0, 0) ?? false
    }
}
