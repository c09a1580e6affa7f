public import HyperstepPostgres

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Writes generated rows into a migrated database, by binary COPY and in the order of time, as a collector does for runs
/// that go on side by side. It writes past the ledger and notes nothing for the aggregates that a collector keeps:
/// refresh those afterwards.
public struct SampleLoader {
    let connection: PostgresConnection
    let data: SampleData

    /// A loader that uses `connection`, which nobody else may use meanwhile.
    public init(_ data: SampleData, _ connection: PostgresConnection) {
        self.data = data
        self.connection = connection
    }

    /// Loads everything, each table in a transaction of its own.
    ///
    /// - Returns: the rows written, by table.
    /// - Throws: ``PostgresError``.
    @discardableResult
    public func loadAll() throws(PostgresError) -> [String: Int] {
        try loadNames()
        return [
            "training_metrics": try loadTraining(), "run_metrics": try loadScalars(),
            "model_performance": try loadPerformance(), "latency_histogram": try loadHistograms(),
            "system_metrics": try loadMachines(), "experiments": try loadEvents(),
            "service_metrics": try loadSeries(), "service_histogram": try loadSeriesHistograms(),
        ]
    }

    /// Models, runs, and the names of metrics and series, whose numbers are their places in ``SampleData/scalarNames`` and
    /// ``SampleData/series``, from 1.
    public func loadNames() throws(PostgresError) {
        for model in data.models {
            _ = try connection.query(
                "INSERT INTO models (id, name, version, updated) VALUES ($1, $2, '1', now())",
                [.uuid(model.id), .text(model.name)])
        }
        for run in data.runs {
            _ = try connection.query(
                """
                INSERT INTO runs (id, project, name, model_id, status, started)
                VALUES ($1, 'sample', $2, $3, $4, $5)
                """,
                [
                    .uuid(run.id), .text(run.name), .uuid(run.model.id), .text(run.status),
                    .timestamp(microseconds: PostgresTime.microseconds(fromNanoseconds: run.start)),
                ])
        }
        for (index, series) in data.series.enumerated() {
            _ = try connection.query(
                """
                INSERT INTO series (id, service, name, kind, unit, dimensions) OVERRIDING SYSTEM VALUE
                VALUES ($1, $2, $3, $4, $5, $6)
                """,
                [
                    .int64(Int64(index + 1)), .text(SampleSeries.service), .text(series.name),
                    .int16(series.kind), .text(series.unit), .jsonb(series.dimensions),
                ])
        }
        for (index, (name, unit)) in SampleData.scalarNames.enumerated() {
            _ = try connection.query(
                "INSERT INTO metrics (id, name, unit) OVERRIDING SYSTEM VALUE VALUES ($1, $2, $3)",
                [.int32(Int32(index + 1)), .text(name), .text(unit)])
        }
    }

    /// - Returns: how many rows.
    public func loadTraining() throws(PostgresError) -> Int {
        let rows = try copySteps()
        // As a collector keeps it, row by row.
        try connection.execute(
            """
            INSERT INTO run_attempts (run_id, attempt, from_step)
            SELECT run_id, attempt, min(step) FROM training_metrics WHERE attempt > 0 GROUP BY 1, 2
            """)
        return rows
    }

    private func copySteps() throws(PostgresError) -> Int {
        try copy(
            """
            training_metrics (time, model_id, run_id, epoch, batch, loss, accuracy, precision, recall, f1_score,
            learning_rate, gradient_norm, step_time_ms, step, attempt, rank)
            """
        ) { rows, writer throws(PostgresError) in
            for (run, step) in allSteps {
                rows.row(fields: 16)
                rows.timestamp(nanoseconds: step.time)
                rows.uuid(run.model.id)
                rows.uuid(run.id)
                rows.int4(step.epoch)
                rows.int4(step.batch)
                rows.float8(step.loss)
                rows.float8(step.accuracy)
                rows.float8(step.precision)
                rows.float8(step.recall)
                rows.float8(step.f1Score)
                rows.float8(step.learningRate)
                rows.float8(step.gradientNorm)
                rows.float8(step.stepTimeMs)
                rows.int8(step.step)
                rows.int2(step.attempt)
                rows.int2(step.rank)
                if rows.count > Self.chunk { try writer.write(&rows) }
            }
        }
    }

    func loadScalars() throws(PostgresError) -> Int {
        try copy("run_metrics (time, run_id, metric_id, step, value, attempt, rank)") {
            rows, writer throws(PostgresError) in
            for (run, step) in allSteps {
                for scalar in data.scalars(at: step, of: run) {
                    rows.row(fields: 7)
                    rows.timestamp(nanoseconds: scalar.time)
                    rows.uuid(run.id)
                    rows.int4(Int32(scalar.metric + 1))
                    rows.int8(scalar.step)
                    rows.float8(scalar.value)
                    rows.int2(scalar.attempt)
                    rows.int2(scalar.rank)
                }
                if rows.count > Self.chunk { try writer.write(&rows) }
            }
        }
    }

    static let chunk = 128 * 1024

    var allSteps: Interleaved<SampleRun, SampleSteps> {
        Interleaved(data.runs, from: data.shape.begin, data.steps, time: \.time)
    }

    func copy(
        _ target: String,
        _ body: (inout PostgresBinaryCopy, borrowing PostgresCopyWriter) throws(PostgresError) -> Void
    ) throws(PostgresError) -> Int {
        try connection.copyIn("COPY \(target) FROM STDIN WITH (FORMAT binary)") {
            writer throws(PostgresError) in
            var rows = PostgresBinaryCopy()
            rows.header()
            try body(&rows, writer)
            rows.trailer()
            try writer.write(&rows)
        }
    }
}
