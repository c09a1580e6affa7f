import HyperstepPostgres

/// What the server is set to.
struct ServerSettings {
    let findings: [Finding]

    init(_ connection: PostgresConnection) throws(PostgresError) {
        let row = try connection.query(
            """
            SELECT current_setting('timescaledb.max_background_workers', true),
                   current_setting('max_worker_processes')::int8, current_setting('max_parallel_workers')::int8,
                   (SELECT count(*) FROM pg_database WHERE datallowconn AND NOT datistemplate),
                   pg_size_bytes(current_setting('shared_buffers')), pg_size_bytes(current_setting('work_mem')),
                   pg_size_bytes(current_setting('maintenance_work_mem')),
                   current_setting('fsync')::bool, current_setting('full_page_writes')::bool,
                   current_setting('synchronous_commit'), current_setting('autovacuum')::bool,
                   current_setting('track_counts')::bool, pg_database_size(current_database()),
                   \(Edition.licenseSQL)
            """)
        func int(_ column: Int) -> Int { Int(row.int64(0, column) ?? 0) }
        let workers = row.text(0, 0).flatMap { Int($0) }
        let isCommunity = Edition(license: row.text(0, 13)) == .community
        var found = PreloadCheck(isPreloaded: workers != nil).findings
        // Without jobs there is nothing for workers to do.
        if isCommunity, try connection.exists("timescaledb_information.jobs") {
            let jobs = try connection.query(
                "SELECT count(*) FROM timescaledb_information.jobs WHERE scheduled AND job_id >= 1000")
            found +=
                BackgroundWorkersCheck(
                    timescaleWorkers: workers, processes: int(1), parallel: int(2), databases: int(3),
                    jobs: Int(jobs.int64(0, 0) ?? 0)
                ).findings
        }
        found +=
            MemoryCheck(
                sharedBuffers: row.int64(0, 4) ?? 0, workMemory: row.int64(0, 5) ?? 0,
                maintenanceMemory: row.int64(0, 6) ?? 0
            ).findings
        found +=
            DurabilityCheck(
                fsync: row.bool(0, 7) ?? true, fullPageWrites: row.bool(0, 8) ?? true,
                synchronousCommit: row.text(0, 9) ?? "on"
            ).findings
        found +=
            StatisticsCheck(
                autovacuum: row.bool(0, 10) ?? true, trackCounts: row.bool(0, 11) ?? true,
                bytes: row.int64(0, 12) ?? 0
            ).findings
        findings = found
    }
}

extension VersionCheck {
    init(_ connection: PostgresConnection) throws(PostgresError) {
        let row = try connection.query(
            """
            SELECT (SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'),
                   (SELECT default_version FROM pg_available_extensions WHERE name = 'timescaledb'),
                   \(Edition.licenseSQL)
            """)
        self.init(
            serverVersion: connection.serverVersion, installed: row.text(0, 0), available: row.text(0, 1),
            edition: Edition(license: row.text(0, 2)))
    }
}

extension ClockCheck {
    /// The best of a few rounds: what is slow about the others is not the clock.
    init(_ connection: PostgresConnection, clock: () -> Double) throws(PostgresError) {
        var best: ClockCheck?
        for _ in 0..<5 {
            let before = clock()
            let answer = try connection.query("SELECT extract(epoch FROM clock_timestamp())::float8")
            let round = ClockCheck(before: before, database: answer.double(0, 0) ?? before, after: clock())
            if round.roundTrip < best?.roundTrip ?? .infinity { best = round }
        }
        self = best ?? ClockCheck(before: 0, database: 0, after: 0)
    }
}
