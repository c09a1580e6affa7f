import Testing

@testable import HyperstepPolicies

@Suite("Judgements about what the database holds")
struct DataChecksTests {
    private let now = 1_800_000_000.0

    private func levels(_ findings: [Finding]) -> [Finding.Level] { findings.map(\.level) }

    @Test("Schema, permissions and drift: silence is good")
    func simple() {
        #expect(levels(SchemaCheck(complaint: nil).findings) == [.ok])
        #expect(levels(SchemaCheck(complaint: "run migrate").findings) == [.error])
        #expect(levels(PermissionsCheck(role: "r", missing: []).findings) == [.ok])
        let lacking = PermissionsCheck(role: "r", missing: ["INSERT on public.runs"]).findings
        #expect(levels(lacking) == [.error])
        #expect(lacking.first?.what == "the role r lacks INSERT on public.runs")
        #expect(levels(DriftCheck(differences: []).findings) == [.ok])
        #expect(DriftCheck(differences: ["a", "b"]).findings.count == 2)
        #expect(DriftCheck(differences: (0..<5).map { "\($0)" }).findings.count == 5)
        let many = DriftCheck(differences: (0..<8).map { "\($0)" }).findings
        #expect(many.count == 6 && many.last?.what == "3 more policies differ")
    }

    private func job(_ change: (inout JobStatus) -> Void) -> [Finding.Level] {
        var job = JobStatus(task: "compression", relation: "training_metrics", job: 1_000)
        job.every = 1_800
        job.didSucceed = true
        change(&job)
        return levels(JobsCheck(jobs: [job], now: now).findings)
    }

    @Test("Jobs: failed, paused, overdue by an hour and a round")
    func jobs() {
        #expect(job { _ in } == [.ok])
        #expect(job { $0.didSucceed = nil } == [.ok])
        #expect(job { $0.didSucceed = false } == [.error])
        #expect(
            job {
                $0.didSucceed = false
                $0.relation = nil
            } == [.warning])
        #expect(job { $0.isScheduled = false } == [.warning])
        #expect(job { $0.next = now - 5_400 } == [.ok])
        #expect(job { $0.next = now - 5_401 } == [.warning])
        #expect(job { $0.next = -.infinity } == [.ok])
        #expect(levels(JobsCheck(jobs: [], now: now).findings) == [])
    }

    @Test("Jobs that fail alike are one finding, and one that only an update helps says so")
    func failures() {
        let jobs = (1...5).map { number in
            var job = JobStatus(task: "refresh", relation: "training_metrics_hourly", job: Int32(number))
            job.didSucceed = false
            job.lastError = number == 2 ? "disk full" : "cannot drop portal \"\" while it is being set up"
            return job
        }
        let findings = JobsCheck(jobs: jobs, now: now).findings
        #expect(findings.map(\.level) == [.error, .error])
        #expect(findings[0].what.hasPrefix("4 jobs (") && findings[0].what.contains("and others"))
        #expect(findings[0].remedy?.contains("update TimescaleDB") == true)
        #expect(findings[1].what.contains("disk full"))
        #expect(findings[1].remedy?.contains("run_job(2)") == true)
    }

    @Test("Work that a collector does in place of the scheduler is a warning, and an error where that fails")
    func taken() {
        let refusal = "cannot drop portal \"\" while it is being set up"
        var jobs = (1...4).map { number in
            var job = JobStatus(task: "refresh", relation: "training_metrics_hourly", job: Int32(number))
            (job.didSucceed, job.lastError) = (false, refusal)
            var done = JobStatus(task: "refresh", relation: "training_metrics_hourly")
            (done.didSucceed, done.next) = (true, now + 60)
            return job.taken(over: done)
        }
        var findings = JobsCheck(jobs: jobs, now: now).findings
        #expect(findings.map(\.level) == [.warning])
        #expect(findings[0].what.contains("4 jobs (") && findings[0].what.contains(refusal))
        jobs[0].didSucceed = false
        findings = JobsCheck(jobs: jobs, now: now).findings
        #expect(findings.map(\.level) == [.error, .warning])
        // The collector has gone.
        jobs[0].didSucceed = true
        jobs[0].next = now - 100_000
        findings = JobsCheck(jobs: jobs, now: now).findings
        #expect(findings.map(\.level) == [.warning, .warning])
        #expect(findings[1].remedy?.contains("serve") == true)
    }

    @Test("Jobs for which no worker was free are one finding that names the setting, taken over or not")
    func withoutWorker() {
        let jobs = (1...3).map { number in
            var job = JobStatus(task: "compression", relation: "training_metrics", job: Int32(number))
            let error = "failed to start job Job \(number) (\"Policy [\(number)]\") failed to start"
            (job.didSucceed, job.lastError) = (false, error)
            return job
        }
        var findings = JobsCheck(jobs: jobs, now: now).findings
        #expect(findings.map(\.level) == [.error])
        #expect(findings[0].what.contains("3 jobs (") && findings[0].what.contains("no worker"))
        #expect(findings[0].remedy?.contains("max_worker_processes") == true)
        var done = JobStatus(task: "compression", relation: "training_metrics")
        (done.didSucceed, done.next) = (true, now + 60)
        findings = JobsCheck(jobs: jobs.map { $0.taken(over: done) }, now: now).findings
        #expect(findings.map(\.level) == [.warning])
        #expect(findings[0].what.contains("3 jobs (") && findings[0].what.contains("not started"))
    }

    @Test("A task of the collector is told apart from its relation")
    func tasks() {
        #expect(JobReader.split("retention training_metrics") == ("retention", "training_metrics"))
        #expect(JobReader.split("refresh:run_metrics_hourly") == ("refresh", "run_metrics_hourly"))
        #expect(JobReader.split("reconcile") == ("reconcile", nil))
        #expect(JobReader.split("training_metrics") == ("training_metrics", nil))
        #expect(JobReader.split("") == ("", nil))
    }

    private func chunk(end: Double, compressed: Bool = false, pages: Int64 = 10) -> ChunkFacts {
        var chunk = ChunkFacts(name: "c", start: end - 3_600, end: end)
        chunk.isCompressed = compressed
        chunk.pages = pages
        return chunk
    }

    @Test("Chunks that should be compressed: twelve hours after their time")
    func compression() {
        func check(_ chunk: ChunkFacts, after: PolicyDuration? = .days(1)) -> [Finding.Level] {
            levels(
                CompressionCheck(relation: "r", compressAfter: after, chunks: [chunk], now: now).findings)
        }
        let due = now - 86_400 - 12 * 3_600
        #expect(check(chunk(end: due)) == [])
        #expect(check(chunk(end: due - 1)) == [.warning])
        #expect(check(chunk(end: due - 1), after: nil) == [])
        #expect(check(chunk(end: due - 1, compressed: true)) == [])
        #expect(check(chunk(end: due - 1, pages: 0)) == [])
    }

    @Test("Chunks that should be gone: a day and a half after their time")
    func retention() {
        func check(_ end: Double, _ retention: PolicyDuration?) -> [Finding.Level] {
            levels(
                RetentionCheck(relation: "r", retention: retention, chunks: [chunk(end: end)], now: now)
                    .findings)
        }
        let due = now - 86_400 - 36 * 3_600
        #expect(check(due, .days(1)) == [])
        #expect(check(due - 1, .days(1)) == [.warning])
        #expect(check(due - 1, nil) == [])
    }

    @Test("Small chunks: a hundred of them, and more than half")
    func small() {
        func check(_ small: Int, _ large: Int, rows: Double = 999) -> [Finding] {
            let all = Array(repeating: rows, count: small) + Array(repeating: 1_000, count: large)
            return SmallChunksCheck(relation: "r", rows: all, advised: .days(7)).findings
        }
        #expect(check(99, 0).isEmpty)
        #expect(levels(check(100, 0)) == [.warning])
        #expect(levels(check(100, 99)) == [.warning])
        #expect(check(100, 100).isEmpty)
        #expect(check(100, 0, rows: 1_000).isEmpty)
        #expect(check(100, 0).first?.remedy?.contains("7 days") == true)
    }

    @Test("Aggregates: behind by more than schedule, bucket and slack explain")
    func lag() {
        func check(_ aggregate: Aggregate, _ lag: Double?) -> [Finding.Level] {
            let status = AggregateStatus(
                aggregate: aggregate, kind: .continuous, bucket: .hours(1), isRealTime: true,
                volume: ChunkVolume(), computedUntil: nil, lag: lag, waiting: nil)
            return levels(LagCheck(aggregates: [status], policies: .standard).findings)
        }
        // End 1 h, every 10 min, bucket 1 h, slack 10 min.
        #expect(check(.runMetricsHourly, 9_000) == [.ok])
        #expect(check(.runMetricsHourly, 9_001) == [.warning])
        // And what the minutely one may take: end 2 min, every 2 min, bucket 1 min.
        #expect(check(.trainingMetricsHourly, 9_420) == [.ok])
        #expect(check(.trainingMetricsHourly, 9_421) == [.warning])
        #expect(check(.runMetricsHourly, nil) == [.ok])
        #expect(levels(LagCheck(aggregates: [], policies: .standard).findings) == [])
    }

    @Test("Lag is counted to the newest row, not into the future, from the oldest where nothing is computed")
    func lagItself() {
        let span = RowSpan(oldest: 1_000, newest: 5_000)
        #expect(AggregateStatus.lag(span: span, computedUntil: 4_000, now: 9_000) == 1_000)
        #expect(AggregateStatus.lag(span: span, computedUntil: 4_000, now: 4_500) == 500)
        #expect(AggregateStatus.lag(span: span, computedUntil: 6_000, now: 9_000) == 0)
        #expect(AggregateStatus.lag(span: span, computedUntil: nil, now: 9_000) == 4_000)
        #expect(AggregateStatus.lag(span: RowSpan(), computedUntil: nil, now: 9_000) == nil)
    }

    @Test("Rejects and drops: one is too many")
    func ledger() {
        #expect(levels(RejectsCheck(count: 0, newest: nil).findings) == [.ok])
        #expect(levels(RejectsCheck(count: 1, newest: 0).findings) == [.warning])
        #expect(
            RejectsCheck(count: 10_000, newest: 0).findings.first?.what.hasPrefix("10000 or more") == true)
        #expect(levels(DropsCheck(streams: 0, records: 0).findings) == [.ok])
        #expect(levels(DropsCheck(streams: 1, records: 1).findings) == [.warning])
    }

    @Test("A report is healthy up to a warning; its text has the worst last; its JSON every key")
    func report() {
        var report = DoctorReport([
            Finding(.warning, "a", "x", remedy: "do y"), Finding(.ok, "b", "z"), Finding(.note, "c", "w"),
        ])
        #expect(report.isHealthy)
        #expect(report.text == "ok       b: z\nnote     c: w\nwarning  a: x: do y\n1 warning, 1 note, 1 ok")
        report.findings.append(Finding(.error, "d", "e"))
        #expect(!report.isHealthy)
        #expect(report.json.contains(#"{"level":"error","check":"d","what":"e","remedy":null}"#))
        #expect(report.json.hasPrefix(#"{"healthy":false,"findings":["#))
    }

    @Test("Rows: statistics, samples, batch counts, and for the rest what the others are like")
    func estimate() {
        var analyzed = chunk(end: 1, pages: 20)
        (analyzed.analyzedRows, analyzed.analyzedPages) = (1_000, 10)
        var fresh = chunk(end: 2, pages: 10)
        fresh.name = "fresh"
        var counted = chunk(end: 3, compressed: true, pages: 0)
        (counted.compressedRows, counted.bytesAfter) = (5_000, 1_000)
        var direct = chunk(end: 4, compressed: true, pages: 0)
        (direct.name, direct.bytesAfter) = ("direct", 2_000)
        let chunks = [analyzed, fresh, counted, direct]
        var estimate = RowEstimate()
        #expect(estimate.rows(chunks) == [2_000, 1_000, 5_000, 10_000])
        estimate.sampled = ["fresh": 7]
        estimate.counted = ["direct": 3]
        #expect(estimate.rows(chunks) == [2_000, 70, 5_000, 3])
    }
}
