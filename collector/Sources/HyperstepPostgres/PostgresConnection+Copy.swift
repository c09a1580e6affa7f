import CLibPQ

extension PostgresConnection {
    /// Streams rows into a table by `COPY … FROM STDIN`.
    ///
    /// - Parameters:
    ///   - sql: the COPY statement; `WITH (FORMAT binary)` for rows made by ``PostgresBinaryCopy``.
    ///   - body: writes the data through the writer it is given. If it throws, the COPY is cancelled and its
    ///     error is thrown on.
    /// - Returns: how many rows the server took.
    /// - Throws: ``PostgresError``; the rows are then not in the table.
    @discardableResult
    public func copyIn(
        _ sql: String, _ body: (borrowing PostgresCopyWriter) throws(PostgresError) -> Void
    ) throws(PostgresError) -> Int {
        try begin("starting COPY") { PQsendQuery(handle, sql) }
        try expectCopyIn()
        do {
            try body(PostgresCopyWriter(connection: self))
        } catch {
            if !isAbandoned {
                _ = PQputCopyEnd(handle, "given up by the sender")
                try flush("ending COPY", until: .now + operationTimeout)
                _ = try? results("ending COPY")
            }
            throw error
        }
        guard PQputCopyEnd(handle, nil) == 1 else { throw failure("ending COPY") }
        try flush("ending COPY", until: .now + operationTimeout)
        return try results("COPY").affectedRows
    }

    private func expectCopyIn() throws(PostgresError) {
        let started = try nextResult("starting COPY", until: .now + operationTimeout)
        guard PQresultStatus(started) != PGRES_COPY_IN else { return PQclear(started) }
        let error = PostgresError(result: started, attempted: "starting COPY")
        PQclear(started)
        while let rest = try nextResult("starting COPY", until: .now + operationTimeout) { PQclear(rest) }
        throw error
    }
}

/// Takes the data of one COPY while it is under way.
public struct PostgresCopyWriter: ~Copyable {
    fileprivate let connection: PostgresConnection

    /// Sends bytes and waits until the socket has taken them: memory stays bounded by one chunk. Chunks of
    /// 64 to 256 KiB are best; where they end need not be where a row ends.
    public func write(_ bytes: UnsafeRawBufferPointer) throws(PostgresError) {
        guard let start = bytes.baseAddress, !bytes.isEmpty else { return }
        let data = start.assumingMemoryBound(to: CChar.self)
        guard PQputCopyData(connection.handle, data, Int32(bytes.count)) == 1 else {
            throw connection.failure("sending rows")
        }
        try connection.flush("sending rows", until: .now + connection.operationTimeout)
    }

    /// Sends what `copy` holds and empties it.
    public func write(_ copy: inout PostgresBinaryCopy) throws(PostgresError) {
        try copy.withBytes { bytes throws(PostgresError) in try write(bytes) }
        copy.removeAll()
    }
}
