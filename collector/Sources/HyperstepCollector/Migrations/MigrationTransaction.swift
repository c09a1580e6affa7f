import HyperstepPostgres

extension PostgresConnection {
    /// Runs `body` in a transaction, which is committed, or rolled back when anything throws. Where one is open
    /// already, `body` becomes a part of it, and whoever began it ends it.
    func inMigration<Value>(
        _ what: String, _ body: () throws(MigrationError) -> Value
    ) throws(MigrationError) -> Value {
        guard transactionStatus == .idle else { return try body() }
        do throws(MigrationError) {
            try run("BEGIN", in: what)
            let value = try body()
            try run("COMMIT", in: what)
            return value
        } catch {
            try? execute("ROLLBACK")
            throw error
        }
    }

    private func run(_ sql: String, in what: String) throws(MigrationError) {
        do throws(PostgresError) {
            let tag = try query(sql).commandTag
            // A server answers COMMIT of a failed transaction with ROLLBACK, and no error.
            guard tag == sql else {
                throw PostgresError(kind: .other, message: "\(sql) was answered with \(tag)")
            }
        } catch {
            throw .failed(migration: what, error)
        }
    }
}
