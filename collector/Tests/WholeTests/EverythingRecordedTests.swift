import Foundation
import Hyperstep
import HyperstepPostgres
import TestDatabases
import Testing

extension WholeTests {
    @Suite(
        "What a run and a server say besides steps is rows",
        .needsDatabase, .mayBlock)
    struct EverythingRecordedTests {
        /// Records some of everything; what it was.
        private func record(_ settings: Settings) async throws -> (run: Run, trial: Experiment) {
            let run = try Run.start(project: "whole", name: "r", model: "trained", settings: settings)
            let metric = run.metric("val/top5", unit: "1")
            for step in 0..<1_000 { metric.record(Double(step) / 8, step: step) }
            run.metric("odd").record(.nan, step: 5)
            let trial = run.experiment(parameters: ["rate": 0.5], worker: "w", gpu: "GPU-1")
            trial.record(metrics: ["val/accuracy": 0.25])
            let monitor = try InferenceMonitor.start(
                model: "served", modelVersion: "2", endpoint: "/predict", settings: settings)
            for request in 0..<400 {
                monitor.record(
                    InferenceRequest(
                        latency: .milliseconds(request), outcome: request % 4 == 0 ? .error : .ok,
                        timeToFirstToken: .microseconds(500), inputTokens: 3, outputTokens: 2))
            }
            let windows = await InferenceMonitor.shutdown(timeout: .seconds(60))
            let report = await run.finish(timeout: .seconds(60))
            let isOnline = settings.mode != .offline
            #expect(windows == MonitorReport(committed: isOnline ? 1 : 0, spooled: isOnline ? 0 : 1))
            #expect(report.scalars.committed == (isOnline ? 1_001 : 0) && report.scalars.dropped == 0)
            #expect(report.experiments.committed == (isOnline ? 3 : 0) && report.experiments.rejected == 0)
            return (run, trial)
        }

        private func expectRows(_ database: TestDatabase, _ run: Run, _ trial: Experiment) throws {
            let connection = try database.connect()
            let served = ModelID.of(name: "served", version: "2")
            func texts(_ sql: String, of id: UUID, columns: Int) throws -> [String?] {
                let rows = try connection.query(sql, [.uuid(id)])
                #expect(rows.count == 1)
                return (0..<columns).map { rows.text(0, $0) }
            }
            #expect(
                try texts(
                    """
                    SELECT count(*)::text, sum(value)::text, count(DISTINCT step)::text, min(unit)
                    FROM run_metrics JOIN metrics ON metrics.id = metric_id
                    WHERE run_id = $1 AND name = 'val/top5' AND step = value * 8
                    """, of: run.id, columns: 4) == ["1000", "62437.5", "1000", "1"])
            #expect(
                try texts(
                    "SELECT value::text FROM run_metrics WHERE run_id = $1 AND step = 5 AND value = 'NaN'",
                    of: run.id, columns: 1) == ["NaN"])
            #expect(
                try texts(
                    """
                    SELECT string_agg(status, ',' ORDER BY time), count(*) FILTER (WHERE worker_id = 'w')::text,
                        max(parameters->>'rate'), max(metrics->>'val/accuracy'), max(gpu_id)
                    FROM experiments WHERE experiment_id = $1
                    """, of: trial.id, columns: 5) == [
                        "running,running,finished", "3", "0.5", "0.25", "GPU-1",
                    ])
            #expect(
                try texts(
                    """
                    SELECT endpoint, sum(request_count)::text, sum(error_count)::text, sum(input_tokens)::text,
                        sum(output_tokens)::text, bool_and(latency_p50 BETWEEN 197 AND 201)::text,
                        bool_and(throughput_rps > 0)::text
                    FROM model_performance WHERE model_id = $1 GROUP BY endpoint
                    """, of: served, columns: 7)
                    == ["/predict", "400", "100", "1200", "800", "true", "true"])
            #expect(
                try texts(
                    "SELECT string_agg(kind || ':' || total, ',' ORDER BY kind) FROM "
                        + "(SELECT kind, sum(count) AS total FROM latency_histogram WHERE model_id = $1 GROUP BY kind) AS kinds",
                    of: served, columns: 1) == ["1:400,2:400,3:300"])
        }

        @Test("Scalars, windows and experiments are in their tables", arguments: TestEdition.all)
        func online(edition: TestEdition) async throws {
            try await withTestDatabase(edition) { database in
                let whole = try Whole(edition, database)
                try whole.startCollector()
                let (run, trial) = try await record(
                    Settings(endpoint: whole.endpoint, directory: whole.directory))
                try expectRows(database, run, trial)
                #expect(try FileManager.default.contentsOfDirectory(atPath: whole.directory) == [])
            }
        }

        @Test("Recorded offline they are in their tables after a replay, and once after two")
        func offline() async throws {
            let edition = try #require(TestEdition.all.first)
            try await withTestDatabase(edition) { database in
                let whole = try Whole(edition, database)
                let (run, trial) = try await record(
                    Settings(mode: .offline, directory: whole.directory))
                try whole.replay()
                try whole.replay()
                try expectRows(database, run, trial)
                #expect(try FileManager.default.contentsOfDirectory(atPath: whole.directory) == [])
            }
        }
    }
}
