import HyperstepPostgres

/// Whether rows can be written.
struct WriteCheck: Sendable {
    /// Why they cannot; nil where they can.
    var error: PostgresError?

    var findings: [Finding] {
        guard let error else { return [Finding(.ok, "write", "rows can be written")] }
        let remedy =
            switch error.code {
            case "53100": "the server's disk is full: free some space, or give it more"
            case "42P01", "42703": "what is missing was dropped by somebody: restore it from a backup"
            default: "see the server's log, which has the statement"
            }
        return [
            Finding(
                .error, "write", "a write that was tried, to be rolled back, fails: \(error)", remedy: remedy)
        ]
    }
}

extension WriteCheck {
    init(_ connection: PostgresConnection) throws(PostgresError) {
        do throws(PostgresError) {
            try WriteProbe.plan(on: connection)
            try WriteProbe.write(on: connection)
        } catch {
            // Of a role that is not the collector's, or a table that somebody has locked, nothing is known by that.
            let isUnknown = error.code == "42501" || WriteProbe.isInconclusive(error)
            guard !isUnknown, error.kind != .connectionLost else { throw error }
            self.error = error
        }
    }
}
