import Foundation
import Hyperstep
import HyperstepPostgres
import TestDatabases
import Testing
import TrainingPattern

/// A server of a test's own with the database `metrics` as a team has it after a while: roles, policies, compressed
/// chunks, aggregates that reach further back than rows.
final class Scene {
    let server: PrivateServer
    let whole: Whole
    /// The folder that the documents call BACKUP.
    let backup: String
    let edition: TestEdition
    let page: DocumentPage
    /// Servers that came in its place.
    var others: [PrivateServer] = []

    /// A run of some days ago.
    static let oldRun = UUID(uuidString: "00000000-0000-4000-8000-000000000002") ?? UUID()
    /// How many rows that run still has.
    static let oldRows = 3 * 3_600

    /// The editions whose servers' programs are on this machine.
    static let editions = TestEdition.withSuperuser.filter { ServerPrograms(of: $0) != nil }
    static let skipReason: Comment =
        "no server of HYPERSTEP_TEST_DATABASES runs from a folder of this machine, with a superuser postgres: scripts/test starts such"

    /// - Parameters:
    ///   - page: the page of docs/ whose commands are run.
    ///   - programs: the server; that of the edition where there is none.
    init(_ edition: TestEdition, _ page: String, on programs: ServerPrograms? = nil) throws {
        self.edition = edition
        self.page = try DocumentPage(page)
        let programs = try #require(
            programs ?? ServerPrograms(of: edition), "\(edition) has no programs here")
        server = try PrivateServer(programs, edition: edition.name, port: FreePort.find())
        backup = server.data + ".backup"
        try server.initialize()
        try server.start()
        try server.makeDatabase("metrics")
        whole = try Whole(edition, server.database("metrics"))
        whole.policies = try whole.write("policies.yaml", Self.policies)
        try collector("migrate", "--create-roles")
        try whole.database.connect().execute(
            "CREATE ROLE my_collector LOGIN PASSWORD 'my_secret' IN ROLE hyperstep_collector")
        try fill()
        try collector("policies", "apply", "--yes")
        try compress()
    }

    /// Other policies than the defaults, so that it shows when they are lost. Without a retention, a refresh would erase
    /// the buckets of rows that are gone.
    private static let policies = """
        hypertables:
          experiments: {retention: 90 days}
          training_metrics: {compress_after: 2 days, retention: 80 hours}
        aggregates:
          training_metrics_hourly: {refresh_every: 20 minutes}
        """

    /// Runs a command of the collector with the superuser's rights, which has to succeed.
    @discardableResult
    func collector(_ arguments: String..., at server: PrivateServer? = nil) throws -> String {
        let login = whole.database
        whole.database = (server ?? self.server).database("metrics")
        defer { whole.database = login }
        let (status, output) = try whole.run("hyperstep-collector", arguments)
        #expect(status == 0, "\(arguments.joined(separator: " ")): \(output)")
        return output
    }

    /// An hour of rows that are gone, whose aggregates stay, and three hours of younger rows. Before there are policies: a
    /// retention whose job runs at once would drop the rows that are still to be summed up.
    private func fill() throws {
        let connection = try server.database("metrics").connect()
        try connection.execute(
            """
            INSERT INTO models VALUES ('00000000-0000-4000-8000-000000000001', 'old', NULL, now());
            INSERT INTO runs (id, project, name, model_id, status)
            VALUES ('\(Self.oldRun)', 'p', 'old', '00000000-0000-4000-8000-000000000001', 'finished');
            INSERT INTO training_metrics (time, model_id, run_id, epoch, batch, step, loss)
            SELECT date_trunc('hour', now()) - CASE WHEN i < 3600 THEN INTERVAL '100 hours' ELSE INTERVAL '72 hours' END
                       + i * INTERVAL '1 second',
                   '00000000-0000-4000-8000-000000000001', '\(Self.oldRun)', 0, i, i, i
            FROM generate_series(0, 14399) AS i
            """)
        if edition.name != "community" {
            _ = try connection.query(
                """
                SELECT hyperstep_internal.note_touched('training_metrics', array_agg(run_id), array_agg(minute))
                FROM (SELECT DISTINCT run_id, date_trunc('minute', time) AS minute FROM training_metrics) AS m
                """)
        }
        for aggregate in ["training_metrics_minutely", "training_metrics_hourly"] {
            let (from, to) = (Date.now.addingTimeInterval(-5 * 86_400), Date.now.addingTimeInterval(-86_400))
            try collector(
                "policies", "refresh", aggregate, "--from", from.formatted(.iso8601), "--to",
                to.formatted(.iso8601))
        }
        _ = try connection.query(
            "SELECT hyperstep_internal.drop_chunks_older('training_metrics', INTERVAL '80 hours')")
    }

    /// Compresses the old rows where the edition can, as the jobs do when they run.
    private func compress() throws {
        if edition.name == "community" {
            try server.database("metrics").compressChunks(of: "training_metrics", olderThan: "1 day")
        }
        // What the tests of the pages are about.
        #expect(
            try text(
                "SELECT count(*) || ' ' || (SELECT sum(sample_count) FROM training_metrics_hourly) FROM training_metrics"
            ) == "\(Self.oldRows) 14400")
    }

    /// Has collectors from now on write to that server, with the login that has the collector's rights.
    func serve(on server: PrivateServer? = nil) throws {
        whole.database = (server ?? self.server).database("metrics")
            .login("my_collector", password: "my_secret")
        try whole.startCollector()
    }

    /// Stops the collector, as an operator does.
    func stopServing() { #expect(whole.collector?.terminate() == 0) }

    /// What a query of one value answers.
    func text(_ sql: String, on server: PrivateServer? = nil) throws -> String? {
        try (server ?? self.server).database("metrics").connect().query(sql).text(0, 0)
    }
}

// MARK: - The page's commands

extension Scene {
    /// Runs a block of the page as it stands, with these values of the variables that it names.
    @discardableResult
    func run(
        _ block: String, on server: PrivateServer? = nil, _ variables: [String: String] = [:]
    ) throws -> String {
        let server = server ?? self.server
        let text = try page.block(block)
        // Commands of the collector are for those who run the collector.
        guard !text.hasPrefix("hyperstep-collector ") else {
            return try text.split(separator: "\n").map { try collector(line: $0, at: server) }.joined()
        }
        return try server.shell(
            "mkdir -p \"$BACKUP\"\ncd \"$BACKUP\"\n" + text, ["BACKUP": backup].merging(variables) { $1 })
    }

    /// Saves a block of the page as a file of that name, where its other blocks are run.
    func save(_ block: String) throws {
        try server.shell(
            "mkdir -p \"$BACKUP\"\nprintf '%s' \"$TEXT\" >\"$BACKUP/\(block)\"",
            ["BACKUP": backup, "TEXT": page.block(block)])
    }

    private func collector(line: Substring, at server: PrivateServer) throws -> String {
        let words = line.split(separator: " ").dropFirst().map(String.init)
        let login = whole.database
        whole.database = server.database("metrics")
        defer { whole.database = login }
        let (status, output) = try whole.run("hyperstep-collector", words)
        guard words == ["doctor"] else {
            #expect(status == 0, "\(line): \(output)")
            return output
        }
        expectHealthy(output)
        return output
    }

    /// What doctor finds wrong is about the server of the test, which is a small one, and not about what was restored.
    private func expectHealthy(_ output: String) {
        let errors = output.split(separator: "\n").filter { $0.hasPrefix("error") }
        let expected = ["durability:", "jobs:", "background-workers:"]
        #expect(
            errors.allSatisfy { line in expected.contains { line.contains(" " + $0) } }, "doctor: \(output)")
    }

    /// Another server of the same superuser, which is empty.
    func another(_ programs: ServerPrograms? = nil) throws -> PrivateServer {
        try PrivateServer(
            programs ?? server.programs, edition: edition.name, port: FreePort.find(),
            password: server.password)
    }
}

// MARK: - Procedures

extension Scene {
    /// Restores a dump in one of the formats, by the commands of docs/backup.md.
    ///
    /// - Parameters:
    ///   - extra: blocks that are run when the dump is restored.
    ///   - isChecked: whether to look whether all is as it was, too, as the page does.
    func restore(
        _ format: String, on other: PrivateServer, then extra: [String] = [], isChecked: Bool = true
    ) throws {
        for block in ["restore-database", format, "restore-end"] + extra + ["restore-rights"] {
            try run(block, on: other)
        }
        guard isChecked else { return }
        let output = try run("restore-check", on: other)
        #expect(output.contains("the database has what is declared"), "\(output)")
    }

    /// A run that records steps of all kinds to its end.
    @discardableResult
    func train(steps: Int = 3_000) throws -> UUID {
        let run = UUID()
        let trainer = try whole.startTrainer(runs: [run], ["--steps", "\(steps)", "--all-kinds", "true"])
        #expect(trainer.wait().status == 0, "\(trainer.errors)")
        return run
    }

    /// Checks that each run that trained to its end has every step, scalar, request and value of a metric once.
    func expectWhole(
        _ runs: [UUID], steps: Int = 3_000, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        for run in runs {
            #expect(
                try whole.checksum(run) == TrainingChecksum(of: 0..<steps), sourceLocation: sourceLocation)
            try whole.expectScalars(run, steps, sourceLocation)
            try whole.expectRequests(run, steps, sourceLocation)
            try whole.expectMetrics(run, steps, sourceLocation)
            #expect(
                try whole.value("name || ' ' || status", of: run) == "run 0 finished",
                sourceLocation: sourceLocation)
        }
    }

    /// Checks that a run has all steps but those of one gap, each once: the gap begins where the restored database
    /// ended, and it is as long as the run's report and the collector's log say. The run has its name.
    func expectGap(
        _ live: LiveRun, _ report: FinishReport, from restored: Int, atLeast least: Int,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let run = live.run.id
        let rows = try whole.database.connect().query(
            "SELECT coalesce(min(step), -1) FROM training_metrics WHERE run_id = $1 AND step >= $2",
            [.uuid(run), .int64(Int64(restored))])
        let begin = Int(rows.int64(0, 0) ?? -1)
        #expect(begin - restored >= least, sourceLocation: sourceLocation)
        let expected = TrainingChecksum(of: Array(0..<restored) + Array(begin..<live.recorded))
        #expect(try whole.checksum(run) == expected, sourceLocation: sourceLocation)
        #expect(report.missing == UInt64(begin - restored), "\(report)", sourceLocation: sourceLocation)
        #expect(report.scalars.missing > 0 && report.isEndKnown, "\(report)", sourceLocation: sourceLocation)
        let said = (whole.errors.split(separator: "\n")).contains {
            $0.contains("a producer gave positions up") && $0.contains("first=\(restored) ")
                && $0.contains("count=\(begin - restored) ")
        }
        #expect(said, "the log does not name \(restored)..<\(begin)", sourceLocation: sourceLocation)
        #expect(
            try whole.value("name || ' ' || status || ' ' || (parameters->>'rate')", of: run)
                == "live finished 0.5", sourceLocation: sourceLocation)
    }
}
