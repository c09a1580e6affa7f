extension PostgresConnection {
    /// Runs `body` in a transaction, which is committed, or, when anything throws, rolled back.
    ///
    /// - Parameter begin: how it begins: `BEGIN`, and what is set for it alone.
    public func transaction<Value>(
        _ begin: String = "BEGIN", _ body: () throws(PostgresError) -> Value
    ) throws(PostgresError) -> Value {
        do throws(PostgresError) {
            try execute(begin)
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
