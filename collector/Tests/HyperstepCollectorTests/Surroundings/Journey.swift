import HyperstepPolicies
import HyperstepPostgres
import HyperstepWire
import Logging
import TestDatabases
import Testing

@testable import HyperstepCollector

/// All that a collector does with a database, from nothing to answers.
struct Journey {
    let edition: TestEdition
    let database: TestDatabase
    /// Of each stream; every seventh has no record.
    private static let positions: UInt64 = 70

    /// Migrates, writes records of every kind, has the policies kept, and asks all that a person can ask.
    func run() async throws {
        let applied = try await MigrateCommand(url: database.address, logger: .nobody).run()
        #expect(applied.contains("0001_training.sql"))
        try await ingest()
        try await keepPolicies()
        try await ask()
        // Nothing is left to do, by whatever text it is compared.
        #expect(try await MigrateCommand(url: database.address, logger: .nobody).run() == [])
    }

    private func ingest() async throws {
        let ingest = try makeIngest(database)
        for kind in StreamKind.allCases {
            let stream = KindStream(kind: kind)
            #expect(
                await ingest.commitWhenReady(stream.batch(0..<Self.positions))
                    == .committed(nextPosition: Self.positions))
            try stream.expectExactly(Self.positions, in: database)
        }
        let stream = TestStream()
        #expect(
            await ingest.commitWhenReady(stream.batch(0..<Self.positions))
                == .committed(nextPosition: Self.positions))
        try expectExactly(stream, Self.positions, in: database)
        await ingest.drain(timeout: .seconds(20))
    }

    private func keepPolicies() async throws {
        let command = PoliciesCommand(url: try database.address, declared: .standard)
        // Before there are retentions, whose jobs drop rows of that age.
        _ = try await command.refresh(
            .trainingMetricsHourly, from: "2023-11-14", to: "2023-11-16 00:00:00+00")
        let connection = try database.connect()
        let steps = try connection.query("SELECT count(*) FROM training_steps")
        #expect(steps.int64(0, 0) == 60)
        let hours = try connection.query("SELECT sum(sample_count)::int8 FROM training_metrics_hourly")
        #expect(hours.int64(0, 0) == 60)
        let outcomes = try await command.apply(command.plan().plan, mayDrop: true)
        for outcome in outcomes { #expect(outcome.result == .done, "\(outcome.change)") }
        #expect(try await command.plan().plan.changes == [])
    }

    private func ask() async throws {
        let status = try await StatusCommand(url: database.address).run()
        #expect(status.hypertables.count == Hypertable.allCases.count)
        #expect(status.aggregates.count == Aggregate.allCases.count)
        let doctor = try await DoctorCommand(url: database.address).run()
        // Jobs may not have run yet, or not run at all on this server: that is no matter of this test.
        let findings = doctor.findings.filter { finding in
            finding.what.contains("not looked at")
                || finding.level == .error && !["jobs", "background-workers"].contains(finding.check)
        }
        #expect(findings == [])
    }
}

extension Logger {
    /// Logs nowhere.
    static let nobody = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
}

extension TestDatabase {
    /// All that is in the database beside PostgreSQL's own, as lines.
    func everything() throws -> [String] {
        let rows = try connect().query(
            """
            SELECT format('schema %s', nspname) FROM pg_namespace
            WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
            UNION ALL
            SELECT format('extension %s in %s', extname, extnamespace::regnamespace) FROM pg_extension
            UNION ALL
            SELECT format('relation %s.%s', n.nspname, c.relname)
            FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
            WHERE n.nspname !~ '^pg_' AND n.nspname !~ 'timescale' AND n.nspname <> 'information_schema'
            UNION ALL
            SELECT format('function %s.%s', n.nspname, p.proname)
            FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace
            WHERE n.nspname !~ '^pg_' AND n.nspname !~ 'timescale' AND n.nspname <> 'information_schema'
            ORDER BY 1
            """)
        return (0..<rows.count).compactMap { rows.text($0, 0) }
    }
}
