import Testing

@testable import HyperstepPolicies

@Suite("Judgements about jobs that the scheduler does not run")
struct JobWatchTests {
    private static let refusal = "cannot drop portal \"\" while it is being set up"
    private let start = ContinuousClock.now

    private func job(_ change: (inout PolicyJob) -> Void = { _ in }) -> PolicyJob {
        var job = PolicyJob(id: 1_000, kind: .compression, relation: "training_metrics", every: 3_600)
        (job.sinceStart, job.late, job.didSucceed) = (60, -3_540, true)
        change(&job)
        return job
    }

    private func causes(_ jobs: PolicyJob..., after seconds: Int = 0, in watch: inout JobWatch) -> [JobWatch
        .Cause?]
    {
        watch.look(jobs, now: start + .seconds(seconds))
        return jobs.map { watch.causes[$0.id] }
    }

    @Test("One that succeeds, one that waits for its time and one that is paused are left alone")
    func left() {
        var watch = JobWatch(patience: .init())
        #expect(causes(job(), in: &watch) == [nil])
        #expect(causes(job { $0.late = 500 }, in: &watch) == [nil], "a busy scheduler")
        #expect(causes(job { ($0.isScheduled, $0.late) = (false, 100_000) }, in: &watch) == [nil])
    }

    @Test("One that fails for a reason of its own is left alone, and tried again by the scheduler")
    func ownFailure() {
        var watch = JobWatch(patience: .init())
        #expect(causes(job { ($0.didSucceed, $0.error) = (false, "disk full") }, in: &watch) == [nil])
    }

    @Test("One that ends in the scheduler's own error is taken, until it has succeeded")
    func refused() {
        var watch = JobWatch(patience: .init())
        let failed = job { ($0.didSucceed, $0.error) = (false, Self.refusal) }
        #expect(causes(failed, in: &watch) == [.refused(Self.refusal)])
        // While it runs nobody knows.
        let running = job { ($0.didSucceed, $0.isRunning, $0.late) = (nil, true, nil) }
        #expect(causes(running, in: &watch) == [.refused(Self.refusal)])
        #expect(causes(job(), in: &watch) == [nil])
    }

    @Test("One that is not started in time is taken, until it is started")
    func notStarted() {
        var watch = JobWatch(patience: .init())
        #expect(causes(job { $0.late = 601 }, in: &watch) == [.notStarted])
        #expect(causes(job { ($0.every, $0.late) = (120, 119) }, in: &watch) == [nil])
        #expect(causes(job { ($0.every, $0.late) = (120, 121) }, in: &watch) == [.notStarted])
        #expect(causes(job(), in: &watch) == [nil])
    }

    @Test("One for which no worker was free is taken after ten minutes, and not hours later")
    func withoutWorker() {
        var watch = JobWatch(patience: .init())
        let error = "failed to start job Job 1000 (\"Columnstore Policy [1000]\") failed to start"
        func failed(_ since: Double) -> PolicyJob {
            job {
                ($0.didSucceed, $0.error) = (false, error)
                ($0.sinceStart, $0.late) = (since, since - 3_600)
            }
        }
        #expect(causes(failed(599), in: &watch) == [nil])
        #expect(causes(failed(601), in: &watch) == [.notStarted])
        #expect(causes(job(), in: &watch) == [nil])
    }

    @Test("One that never ran, or was running when the server went down, is waited for as long")
    func unheard() {
        var watch = JobWatch(patience: .init())
        let new = job { ($0.sinceStart, $0.late, $0.didSucceed) = (nil, nil, nil) }
        #expect(causes(new, after: 0, in: &watch) == [nil])
        #expect(causes(new, after: 600, in: &watch) == [nil])
        #expect(causes(new, after: 601, in: &watch) == [.notStarted])
    }
}
