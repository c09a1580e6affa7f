import HyperstepPostgres

/// Tells whether ids that are remembered still belong to the names that they belonged to.
///
/// Whoever deletes or changes metrics, series or attempts of runs begins a new generation (migration
/// `0010_name_generations.sql`). A writer that remembers ids asks for the generation before it asks for the first of
/// them, and again in the last statement of each transaction that uses them. From then on to its end nobody can begin
/// another, so that a transaction which is committed has used no id of a generation that is over.
enum NameGeneration {
    /// As SQL; in a transaction it holds the generation to the end.
    static let expression = "hyperstep_internal.name_generation()"

    static func read(on connection: PostgresConnection) throws(PostgresError) -> Int64? {
        try connection.query("SELECT \(expression)").int64(0, 0)
    }
}
