import CLibPQ

/// Cancels whatever a connection is doing, from any thread.
public final class PostgresCancel: @unchecked Sendable {
    // Sound: libpq's PGcancel is immutable after PQgetCancel and PQcancel is documented as thread-safe.
    private let handle: OpaquePointer

    fileprivate init(_ handle: OpaquePointer) { self.handle = handle }

    deinit { PQfreeCancel(handle) }

    /// Asks the server to stop the statement under way, which then fails with SQLSTATE 57014.
    ///
    /// - Returns: whether the request was delivered; it may still come too late to have an effect.
    @discardableResult
    public func cancel() -> Bool {
        var reason = [CChar](repeating: 0, count: 256)
        return PQcancel(handle, &reason, Int32(reason.count)) == 1
    }
}

extension PostgresConnection {
    /// What another thread needs to cancel this connection's statements; it may outlive the connection.
    public func makeCancel() -> PostgresCancel? { PQgetCancel(handle).map(PostgresCancel.init) }
}
