import HyperstepPostgres

extension PostgresConnection {
    /// Runs `body` in a transaction, which is committed, or, when anything throws, rolled back.
    func transaction<Value>(_ body: () throws(PostgresError) -> Value) throws(PostgresError) -> Value {
        do throws(PostgresError) {
            try execute("BEGIN")
            let value = try body()
            let tag = try query("COMMIT").commandTag
            // A server answers COMMIT of a failed transaction with ROLLBACK, and no error.
            guard tag == "COMMIT" else {
                throw PostgresError(kind: .other, message: "COMMIT was answered with \(tag)")
            }
            return value
        } catch {
            if error.kind != .connectionLost, transactionStatus != .idle { try execute("ROLLBACK") }
            throw error
        }
    }
}
