import CLibPQ

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

// Every wait on the server goes through here. libpq runs in its non-blocking mode, so that a server which
// is stopped, or a network that swallows packets, holds a thread no longer than the operation's timeout.
extension PostgresConnection {
    /// Starts an operation: `send` queues its message, which is then handed to the socket whole.
    func begin(_ what: String, _ send: () -> Int32) throws(PostgresError) {
        guard !isAbandoned else {
            throw PostgresError(
                kind: .connectionLost, message: "\(what): the connection was given up before")
        }
        guard send() == 1 else { throw failure(what) }
        try flush(what, until: .now + operationTimeout)
    }

    /// Hands everything queued to the socket.
    func flush(_ what: String, until deadline: ContinuousClock.Instant) throws(PostgresError) {
        while true {
            switch PQflush(handle) {
            case 0: return
            case 1:
                // The server may be waiting for us to read (notices) before it reads on.
                let ready = try wait(for: Int16(POLLIN | POLLOUT), what, until: deadline)
                if ready & Int16(POLLIN) != 0, PQconsumeInput(handle) != 1 { throw failure(what) }
            default: throw failure(what)
            }
        }
    }

    /// All results of the operation under way: the last one, or the first error.
    func results(_ what: String) throws(PostgresError) -> PostgresResult {
        let deadline = ContinuousClock.Instant.now + operationTimeout
        var last: PostgresResult?
        var error: PostgresError?
        while let result = try nextResult(what, until: deadline) {
            switch PQresultStatus(result) {
            case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY:
                last = PostgresResult(result)
            case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
                PQclear(result)
                isAbandoned = true
                throw PostgresError(kind: .other, message: "\(what): COPY needs copyIn")
            default:
                error = error ?? PostgresError(result: result, attempted: what)
                PQclear(result)
            }
        }
        if let error { throw PQstatus(handle) == CONNECTION_OK ? error : error.asLost }
        guard let last else { throw failure(what) }
        return last
    }

    /// The next result of the operation under way, to be cleared by the caller; nil at its end.
    func nextResult(
        _ what: String, until deadline: ContinuousClock.Instant
    ) throws(PostgresError) -> OpaquePointer? {
        while PQisBusy(handle) != 0 {
            _ = try wait(for: Int16(POLLIN), what, until: deadline)
            guard PQconsumeInput(handle) == 1 else { throw failure(what) }
        }
        return PQgetResult(handle)
    }

    private func wait(
        for events: Int16, _ what: String, until deadline: ContinuousClock.Instant
    ) throws(PostgresError) -> Int16 {
        while true {
            let left = deadline - .now
            guard left > .zero else {
                isAbandoned = true
                throw PostgresError(
                    kind: .connectionLost,
                    message: "\(what): no answer from PostgreSQL within \(operationTimeout)")
            }
            var descriptor = pollfd(fd: PQsocket(handle), events: events, revents: 0)
            guard descriptor.fd >= 0 else { throw failure(what) }
            let milliseconds =
                left.components.seconds * 1000 + 1 + left.components.attoseconds / 1_000_000_000_000_000
            let ready = poll(&descriptor, 1, Int32(clamping: milliseconds))
            if ready > 0 { return descriptor.revents }
            if ready < 0, errno != EINTR { throw failure(what) }
        }
    }

    /// The connection's own failure, outside any result: whatever was under way, its outcome is unknown.
    func failure(_ what: String) -> PostgresError {
        isAbandoned = true
        let message = PQerrorMessage(handle).map { String(cString: $0) }?.trimmedLine ?? ""
        return PostgresError(
            kind: .connectionLost,
            message: "\(what): \(message.isEmpty ? "the connection was lost" : message)")
    }
}

extension PostgresError {
    /// The same error on a connection that did not live through it.
    fileprivate var asLost: PostgresError {
        PostgresError(kind: .connectionLost, code: code, severity: severity, message: message)
    }
}
