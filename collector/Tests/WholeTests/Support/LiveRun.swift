import Foundation
import Hyperstep
import HyperstepPostgres
import Synchronization
import TestDatabases
import Testing
import TrainingPattern

/// A run of this process that records step after step, with a value of a metric each, until it is finished, whatever
/// becomes of the database.
final class LiveRun {
    let run: Run
    private let whole: Whole
    private let progress = Progress()

    /// What the thread that records and the test share.
    private final class Progress: Sendable {
        let recorded = Atomic(0)
        let isStopped = Atomic(false)
        let ended = DispatchSemaphore(value: 0)
    }

    /// Starts it against the collector of `whole`, which need not run.
    init(_ whole: Whole, project: String = "live") throws {
        self.whole = whole
        var settings = Settings(endpoint: whole.endpoint, directory: whole.directory)
        settings.systemInterval = .zero
        settings.flushInterval = .milliseconds(20)
        // Small, so that it spools while the collector is away for some seconds.
        settings.ringCapacity = 1_024
        settings.whenFull = .wait
        run = try Run.start(
            project: project, name: "live", model: "pattern", parameters: ["rate": 0.5], settings: settings)
        let metric = run.metric(TrainingPattern.metric, unit: "1")
        Thread.detachNewThread { [run, progress] in
            while !progress.isStopped.load(ordering: .relaxed) {
                let step = progress.recorded.load(ordering: .relaxed)
                Self.record(step, in: run, metric)
                progress.recorded.store(step + 1, ordering: .releasing)
                usleep(3_000)
            }
            progress.ended.signal()
        }
    }

    deinit { progress.isStopped.store(true, ordering: .relaxed) }

    private static func record(_ step: Int, in run: Run, _ metric: Metric) {
        run.step(
            step, epoch: TrainingPattern.epoch(at: step), batch: TrainingPattern.batch(at: step),
            loss: TrainingPattern.value(0, at: step), accuracy: TrainingPattern.value(1, at: step),
            precision: TrainingPattern.value(2, at: step), recall: TrainingPattern.value(3, at: step),
            f1Score: TrainingPattern.value(4, at: step), learningRate: TrainingPattern.value(5, at: step),
            gradientNorm: TrainingPattern.value(6, at: step), stepTimeMs: TrainingPattern.value(7, at: step))
        metric.record(TrainingPattern.scalar(at: step), step: step)
    }

    /// How many steps were recorded.
    var recorded: Int { progress.recorded.load(ordering: .acquiring) }

    /// Waits until so many more steps are recorded.
    func steps(_ count: Int) async throws {
        let begin = recorded
        try await until { recorded >= begin + count }
    }

    /// Waits until all that is recorded now is committed. Returns how many steps that were.
    @discardableResult
    func committed() async throws -> Int {
        let reached = recorded
        try await until { try whole.lastStep(run.id) >= reached - 1 }
        return reached
    }

    /// Stops recording, and waits until nothing is recorded any more.
    private func stop() {
        progress.isStopped.store(true, ordering: .relaxed)
        progress.ended.wait()
    }

    /// Stops recording, and ends the run.
    func finish() async -> FinishReport {
        stop()
        return await run.finish(timeout: .seconds(60))
    }
}

extension Whole {
    /// The newest step of a run in the database; -1 where there is none.
    func lastStep(_ run: UUID) throws -> Int {
        let rows = try database.connect().query(
            "SELECT coalesce(max(step), -1) FROM training_metrics WHERE run_id = $1", [.uuid(run)])
        return Int(rows.int64(0, 0) ?? -1)
    }
}
