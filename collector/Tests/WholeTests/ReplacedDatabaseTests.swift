import Foundation
import Hyperstep
import HyperstepPostgres
import TestDatabases
import Testing

extension WholeTests {
    /// A run goes on while its collector gets another database. The collector keeps its address.
    @Suite(
        "The database is replaced under a live run",
        .needsDatabase, .mayBlock)
    struct ReplacedDatabaseTests {
        /// A collector on its database, and another database that comes in its place.
        static func withTwo(_ body: (_ first: Whole, _ second: Whole) async throws -> Void) async throws {
            let edition = try #require(TestEdition.all.first)
            try await withTestDatabase(edition) { old in
                try await withTestDatabase(edition) { new in
                    let first = try Whole(edition, old)
                    let second = try Whole(edition, new, port: first.port)
                    try first.startCollector()
                    try await body(first, second)
                }
            }
        }

        private static func start(_ whole: Whole, resume: Resume? = nil) throws -> Run {
            var settings = Settings(endpoint: whole.endpoint, directory: whole.directory)
            settings.windowInterval = .milliseconds(100)
            settings.systemInterval = .zero
            return try Run.start(
                project: "replaced", name: "live", model: "m", modelVersion: "7", resume: resume,
                parameters: ["rate": 0.5, "seed": 7], tags: ["first"], settings: settings)
        }

        private static func replace(_ first: Whole, by second: Whole) throws {
            #expect(first.collector?.terminate() == 0)
            try second.startCollector()
        }

        /// What says who a run is: all of it but its end.
        private static func identity(_ whole: Whole, _ run: Run) throws -> [String?] {
            let columns = [
                "project", "name", "model_id", "host", "process_id", "sdk", "started", "parameters", "tags",
                "attempt",
                "(SELECT name || ' ' || version FROM models WHERE models.id = model_id)",
                "(SELECT row(from_step, started, host) FROM run_attempts WHERE run_id = runs.id AND attempt = runs.attempt)",
            ]
            return try columns.map { try whole.value($0, of: run.id) }
        }

        @Test("By an empty one: who the run is comes again, and the report counts what went with the old one")
        func empty() async throws {
            try await Self.withTwo { first, second in
                let run = try Self.start(first)
                let metric = run.metric("val/top5", unit: "1")
                let trial = run.experiment(parameters: ["trial": 1])
                for step in 0..<1_000 { run.step(step, loss: 1) }
                for step in 0..<100 { metric.record(1, step: step) }
                try await until {
                    let values = try first.database.connect().query("SELECT count(*) FROM run_metrics")
                        .int64(0, 0)
                    let trials = try first.database.connect().query("SELECT count(*) FROM experiments")
                        .int64(0, 0)
                    return try first.count(run.id) == 1_000 && values == 100 && trials == 1
                }
                run.update(parameters: ["rate": 0.25, "added": "later"])
                run.add(tags: ["second"])
                try await until {
                    try first.value("tags = '{first,second}' AND parameters ? 'added'", of: run.id) == "true"
                }
                let before = try Self.identity(first, run)

                try Self.replace(first, by: second)
                for step in 1_000..<1_500 { run.step(step, loss: 1) }
                for step in 100..<150 { metric.record(1, step: step) }
                try await until { try second.value("name", of: run.id) == "live" }
                try await until { try second.count(run.id) == 500 }
                #expect(try Self.identity(second, run) == before)
                #expect(try second.value("status", of: run.id) == "running")

                trial.finish(metrics: ["score": 1])
                let report = await run.finish(timeout: .seconds(60))
                #expect(report.committed == 500 && report.missing == 1_000 && report.spooled == 0)
                #expect(report.scalars == FinishReport.Counts(committed: 50, missing: 100))
                #expect(report.experiments == FinishReport.Counts(committed: 1, missing: 1))
                #expect(report.isEndKnown && !report.isComplete)
                #expect(report.description.contains("1000 missing since the database was replaced"))
                #expect(try second.value("status", of: run.id) == "finished")
                let names = try second.database.connect().query(
                    """
                    SELECT count(*), min(metrics.name), min(metrics.unit) FROM run_metrics
                    JOIN metrics ON metrics.id = metric_id WHERE run_id = $1
                    """, [.uuid(run.id)])
                #expect(names.int64(0, 0) == 50 && names.text(0, 1) == "val/top5" && names.text(0, 2) == "1")
                let experiment = try second.database.connect().query(
                    "SELECT parameters->>'trial', status FROM experiments WHERE experiment_id = $1",
                    [.uuid(trial.id)])
                #expect(experiment.text(0, 0) == "1" && experiment.text(0, 1) == "finished")
            }
        }

        @Test("By an older backup: newer parameters win over those of the backup, and nothing is there twice")
        func olderBackup() async throws {
            try await Self.withTwo { first, second in
                let run = try Self.start(first)
                run.step(0, loss: 1)
                run.update(parameters: ["rate": 0.4])
                try await until {
                    try first.count(run.id) == 1 && first.value("parameters->>'rate'", of: run.id) == "0.4"
                }
                #expect(first.collector?.terminate() == 0)
                try Self.copy(first, to: second)
                try first.startCollector()

                for step in 1..<1_000 { run.step(step, loss: 1) }
                run.update(parameters: ["rate": 0.3, "added": 1])
                run.add(tags: ["second"])
                try await until {
                    try first.count(run.id) == 1_000
                        && first.value("tags = '{first,second}'", of: run.id) == "true"
                }
                let before = try Self.identity(first, run)
                #expect(try second.value("parameters->>'rate'", of: run.id) == "0.4")

                try Self.replace(first, by: second)
                for step in 1_000..<1_200 { run.step(step, loss: 1) }
                try await until { try second.value("parameters ? 'added'", of: run.id) == "true" }
                try await until { try second.count(run.id) == 201 }
                #expect(try Self.identity(second, run) == before)
                let report = await run.finish(timeout: .seconds(60))
                #expect(report.missing == 999 && report.committed == 201 && !report.isComplete)
            }
        }

        /// A logical backup of all that this run has, and its restore.
        private static func copy(_ first: Whole, to second: Whole) throws {
            let (from, to) = (try first.database.connect(), try second.database.connect())
            for table in ["models", "runs", "run_attempts", "ingest_streams", "training_metrics"] {
                let rows = try from.query(
                    "SELECT coalesce(jsonb_agg(to_jsonb(t)), '[]')::text FROM \(table) AS t")
                _ = try to.query(
                    "INSERT INTO \(table) SELECT * FROM jsonb_populate_recordset(NULL::\(table), $1) ON CONFLICT DO NOTHING",
                    [.jsonb(rows.text(0, 0) ?? "[]")])
            }
        }

        @Test("A resumed run that ends before anything else is sent has its name, attempt and end there")
        func ended() async throws {
            try await Self.withTwo { first, second in
                let run = try Self.start(first, resume: .run(UUID(), fromStep: 500, attempt: 3))
                run.step(500, loss: 1)
                try await until {
                    try first.count(run.id) == 1 && first.value("name", of: run.id) == "live"
                }
                let before = try Self.identity(first, run)
                try Self.replace(first, by: second)
                let report = await run.finish(.failed("why"), timeout: .seconds(60))
                #expect(report.isEndKnown)
                #expect(try Self.identity(second, run) == before)
                #expect(try second.value("status || ' ' || finish_reason", of: run.id) == "failed why")
            }
        }

        @Test(
            "Models and series of a server are there as well, and its report counts the windows that are gone"
        )
        func monitors() async throws {
            try await Self.withTwo { first, second in
                var settings = Settings(endpoint: first.endpoint, directory: first.directory)
                settings.windowInterval = .milliseconds(100)
                settings.systemInterval = .zero
                let monitor = try InferenceMonitor.start(
                    model: "served", modelVersion: "2", endpoint: "/predict", settings: settings)
                func windows(_ whole: Whole) throws -> Int64? {
                    try whole.database.connect().query(
                        "SELECT count(*) FROM model_performance JOIN models ON models.id = model_id WHERE name = 'served'"
                    ).int64(0, 0)
                }
                monitor.record(InferenceRequest(latency: .milliseconds(1)))
                try await until { try windows(first) == 1 }
                try Self.replace(first, by: second)
                monitor.record(InferenceRequest(latency: .milliseconds(1)))
                try await until { try windows(second) == 1 }
                let report = await InferenceMonitor.shutdown(timeout: .seconds(60))
                #expect(report.missing == 1 && report.committed == 1 && !report.isComplete)
            }
        }
    }
}
