/// Whether the server loaded TimescaleDB's library at its start.
struct PreloadCheck: Sendable {
    var isPreloaded: Bool

    var findings: [Finding] {
        guard !isPreloaded else { return [] }
        return [
            Finding(
                .error, "preload", "TimescaleDB is not in shared_preload_libraries: no job runs",
                remedy:
                    "set shared_preload_libraries = 'timescaledb' in postgresql.conf and restart the server")
        ]
    }
}
