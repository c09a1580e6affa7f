import Testing

@testable import HyperstepPolicies

@Suite("What differs between declared and observed")
struct PolicyPlanTests {
    private typealias Break = @Sendable (inout ObservedDatabase) -> Void

    /// Something of everything: nothing is nil that can be set.
    private static let full: PolicySet = {
        var set = PolicySet.standard
        for table in Hypertable.allCases {
            set.hypertables[table] = set[table]
            set.hypertables[table]?.chunkInterval = .fixed(.hours(6))
            set.hypertables[table]?.retention = .days(90)
        }
        for aggregate in Aggregate.allCases {
            set.aggregates[aggregate] = set[aggregate]
            set.aggregates[aggregate]?.refreshStart = .days(30)
            set.aggregates[aggregate]?.retention = .days(365)
        }
        return set
    }()

    private func lines(
        _ declared: PolicySet = full, edition: Edition = .community,
        _ change: (inout ObservedDatabase) -> Void
    ) -> [String] {
        var observed = ObservedDatabase.having(declared, edition: edition)
        change(&observed)
        return PolicyPlan.between(declared, observed).changes.map(\.description)
    }

    @Test("A database that has what is declared gets no change", arguments: [Edition.community, .apache])
    func nothing(edition: Edition) {
        for declared in [PolicySet.standard, Self.full] {
            let plan = PolicyPlan.between(declared, .having(declared, edition: edition))
            #expect(plan.changes == [])
        }
    }

    @Test("Each setting of each hypertable is named when it differs", arguments: Hypertable.allCases)
    func hypertableDrift(table: Hypertable) {
        let job = ObservedJob(id: 7, every: .hours(1), after: .days(400))
        let policy = Self.full[table]
        let segments = policy.text(of: .segmentBy)
        let orders = policy.text(of: .orderBy)
        let cases: [(Break, [String])] = [
            ({ $0.hypertables[table]?.chunkInterval = .hours(2) }, ["chunk_interval: 2 hours → 6 hours"]),
            (
                { $0.hypertables[table]?.columnstore = nil },
                [
                    "segment_by: no columnstore → \(segments)", "order_by: no columnstore → \(orders)",
                ]
            ),
            (
                { $0.hypertables[table]?.columnstore?.segmentBy = [] },
                ["segment_by: [] → \(segments)"]
            ),
            (
                { $0.hypertables[table]?.columnstore?.orderBy = [OrderColumn("time")] },
                ["order_by: [time] → \(orders)"]
            ),
            (
                { $0.hypertables[table]?.compressionJobs = [] },
                ["compress_after: never → \(policy.compressAfter!)"]
            ),
            (
                { $0.hypertables[table]?.compressionJobs = [job] },
                ["compress_after: 400 days → \(policy.compressAfter!)"]
            ),
            (
                { $0.hypertables[table]?.compressionJobs[0].isScheduled = false },
                [
                    "compress_after: \(policy.compressAfter!) (job 1000 is stopped) → \(policy.compressAfter!)"
                ]
            ),
            (
                { $0.hypertables[table]?.compressionJobs.append(job) },
                [
                    "compress_after: 2 jobs: \(policy.compressAfter!) (job 1000) and 400 days (job 7) → "
                        + "\(policy.compressAfter!)"
                ]
            ),
            (
                { $0.hypertables[table]?.compressionJobs[0].after = nil },
                ["compress_after: by another rule → \(policy.compressAfter!)"]
            ),
            ({ $0.hypertables[table]?.retentionJobs = [] }, ["retention: never → 90 days"]),
            ({ $0.hypertables[table]?.retentionJobs = [job] }, ["retention: 400 days → 90 days"]),
            (
                { $0.hypertables[table]?.retentionJobs[0].every = .days(1) },
                ["retention: 90 days, looked for every 1 day → 90 days, looked for every 1 hour"]
            ),
            (
                { $0.hypertables[table]?.retentionJobs[0].isScheduled = false },
                ["retention: 90 days (job 1000 is stopped) → 90 days"]
            ),
        ]
        for (change, expected) in cases {
            #expect(lines(Self.full, change) == expected.map { "\(table.name).\($0)" })
        }
    }

    @Test("Each setting of each aggregate is named when it differs", arguments: Aggregate.allCases)
    func aggregateDrift(aggregate: Aggregate) {
        let policy = Self.full[aggregate]
        let after = policy.compressAfter!
        let cases: [(Break, String)] = [
            (
                { $0.aggregates[aggregate]?.refreshJobs[0].refreshStart = nil },
                "refresh_start: unlimited → 30 days"
            ),
            (
                { $0.aggregates[aggregate]?.refreshJobs[0].refreshEnd = .days(2) },
                "refresh_end: 2 days → \(policy.refreshEnd)"
            ),
            (
                { $0.aggregates[aggregate]?.refreshJobs[0].refreshEnd = nil },
                "refresh_end: now → \(policy.refreshEnd)"
            ),
            (
                { $0.aggregates[aggregate]?.refreshJobs[0].every = .hours(5) },
                "refresh_every: 5 hours → \(policy.refreshEvery)"
            ),
            ({ $0.aggregates[aggregate]?.refreshJobs = [] }, "refresh_every: never → \(policy.refreshEvery)"),
            (
                { $0.aggregates[aggregate]?.refreshJobs[0].isScheduled = false },
                "refresh_every: \(policy.refreshEvery) (job 2000 is stopped) → \(policy.refreshEvery)"
            ),
            (
                { $0.aggregates[aggregate]?.refreshJobs[0].isOwners = false },
                "refresh_every: \(policy.refreshEvery) (job 2000 belongs to another role) → \(policy.refreshEvery)"
            ),
            ({ $0.aggregates[aggregate]?.isRealTime = false }, "real_time: false → true"),
            ({ $0.aggregates[aggregate]?.compressionJobs = [] }, "compress_after: never → \(after)"),
            ({ $0.aggregates[aggregate]?.retentionJobs = [] }, "retention: never → 365 days"),
        ]
        for (change, expected) in cases {
            #expect(lines(Self.full, change) == ["\(aggregate.name).\(expected)"])
        }
    }

    @Test("What is not declared and is there is taken away, which drops nothing")
    func extra() {
        var observed = ObservedDatabase.having(.standard)
        observed.hypertables[.experiments]?.retentionJobs = .ageing(.days(3))
        observed.aggregates[.runMetricsHourly]?.retentionJobs = .ageing(.days(3))
        let changes = PolicyPlan.between(.standard, observed).changes
        #expect(
            changes.map(\.description) == [
                "experiments.retention: 3 days → never", "run_metrics_hourly.retention: 3 days → never",
            ])
        #expect(
            changes.map(\.sql) == [
                ["SELECT hyperstep_internal.set_retention('experiments', NULL)"],
                ["SELECT hyperstep_internal.set_retention('run_metrics_hourly', NULL)"],
            ])
        #expect(changes.allSatisfy { !$0.dropsData && !$0.needsOwner })
    }

    @Test("What never goes to the columnstore needs no layout there, and its job goes")
    func neverCompressed() {
        var declared = PolicySet.standard
        declared.hypertables[.runMetrics]?.compressAfter = nil
        let found = lines(declared) {
            $0.hypertables[.runMetrics]?.columnstore = ColumnstoreSettings(segmentBy: [], orderBy: [])
            $0.hypertables[.runMetrics]?.compressionJobs = .ageing(.days(2))
        }
        #expect(found == ["run_metrics.compress_after: 2 days → never"])
        // A job whose age cannot be read is one too many just the same.
        #expect(
            lines(declared) { $0.hypertables[.runMetrics]?.compressionJobs = [ObservedJob(id: 4)] }
                == ["run_metrics.compress_after: by another rule → never"])
    }

    @Test(
        "Only a retention that is new, shorter, or starts again drops data",
        arguments: [
            ([], true), ([ObservedJob(id: 1, every: .hours(1), after: .days(91))], true),
            ([ObservedJob(id: 1, every: .hours(1), after: .days(89))], false),
            ([ObservedJob(id: 1, isScheduled: false, every: .hours(1), after: .days(89))], true),
            ([ObservedJob(id: 1, every: .days(1), after: .days(90))], false),
        ] as [([ObservedJob], Bool)])
    func dropsData(jobs: [ObservedJob], drops: Bool) {
        var observed = ObservedDatabase.having(Self.full)
        observed.hypertables[.trainingMetrics]?.retentionJobs = jobs
        let loss = DataLoss(.rows(chunks: 2), count: 10, span: ("a", "b"))
        observed.hypertables[.trainingMetrics]?.loss = loss
        let changes = PolicyPlan.between(Self.full, observed).changes
        #expect(changes.map(\.dropsData) == [drops])
        #expect(changes.map(\.loss) == [drops ? loss : nil])
        #expect(
            changes.first?.follows
                == (drops ? ["training_metrics_minutely", "training_metrics_hourly"] : []))
    }

    @Test("Rows are dropped after the aggregates no longer reach back to them, and kept before they do")
    func order() {
        var observed = ObservedDatabase.having(Self.full)
        observed.hypertables[.trainingMetrics]?.retentionJobs = []
        observed.hypertables[.runMetrics]?.retentionJobs = .ageing(.days(20))
        for aggregate in observed.aggregates.keys {
            observed.aggregates[aggregate]?.refreshJobs[0].refreshStart = .days(10)
        }
        let found = PolicyPlan.between(Self.full, observed).changes.map { "\($0.relation).\($0.setting)" }
        #expect(found.first == "run_metrics.retention" && found.last == "training_metrics.retention")
        #expect(found.count == 7)
    }

    @Test("An aggregate's buckets are dropped after what is made of it no longer reaches back to them")
    func orderOfAggregates() throws {
        var observed = ObservedDatabase.having(Self.full)
        observed.aggregates[.trainingMetricsMinutely]?.retentionJobs = []
        observed.aggregates[.trainingMetricsMinutely]?.isRealTime = false
        observed.aggregates[.trainingMetricsHourly]?.refreshJobs[0].refreshStart = nil
        let changes = PolicyPlan.between(Self.full, observed).changes
        #expect(
            changes.map { "\($0.relation).\($0.setting)" } == [
                "training_metrics_minutely.real_time", "training_metrics_hourly.refresh_start",
                "training_metrics_minutely.retention",
            ])
        #expect(changes.last?.follows == ["training_metrics_hourly"])
    }

    @Test("The chunk interval is left alone by auto without advice, and follows advice")
    func auto() {
        var declared = PolicySet.standard
        declared.hypertables[.runMetrics]?.chunkInterval = .auto
        #expect(lines(declared) { $0.hypertables[.runMetrics]?.chunkInterval = .hours(5) } == [])
        #expect(
            lines(declared) { $0.hypertables[.runMetrics]?.advisedChunkInterval = .hours(4) }
                == ["run_metrics.chunk_interval: 1 day → 4 hours (auto)"])
        #expect(lines(declared) { $0.hypertables[.runMetrics]?.advisedChunkInterval = .days(1) } == [])
    }

    @Test("New columnstore settings come with a note about chunks that have the old ones")
    func compressedChunks() {
        var observed = ObservedDatabase.having(.standard)
        observed.hypertables[.experiments]?.columnstore?.segmentBy = ["status"]
        #expect(PolicyPlan.between(.standard, observed).notes == [])
        observed.hypertables[.experiments]?.compressedChunks = 12
        let notes = PolicyPlan.between(.standard, observed).notes
        #expect(notes.count == 1 && notes[0].contains("12") && notes[0].contains("recompress"))
    }

    @Test("A hypertable that is missing is a note, and so are its aggregates no changes")
    func missingTable() {
        var observed = ObservedDatabase.having(.standard)
        observed.hypertables[.trainingMetrics] = nil
        observed.aggregates[.trainingMetricsHourly] = nil
        let plan = PolicyPlan.between(.standard, observed)
        #expect(plan.changes == [])
        #expect(plan.notes.count == 1 && plan.notes[0].contains("training_metrics"))
    }

    @Test("The Apache edition: what it cannot do is told once, and is never a change")
    func apache() {
        var observed = ObservedDatabase.having(Self.full, edition: .apache)
        // Left from a time when this server ran the other edition.
        observed.hypertables[.experiments]?.retentionJobs = .ageing(.days(3))
        observed.hypertables[.runMetrics]?.chunkInterval = .days(2)
        let plan = PolicyPlan.between(Self.full, observed)
        #expect(plan.changes.map(\.description) == ["run_metrics.chunk_interval: 2 days → 6 hours"])
        #expect(plan.notes.count == 2)
        #expect(plan.notes[0].hasPrefix("compress_after") && plan.notes[0].contains("Community"))
        #expect(plan.notes[1].hasPrefix("retention") && plan.notes[1].contains("training_metrics 90 days"))
    }

    @Test("Intervals in SQL read back as what was meant")
    func statements() {
        let changes = PolicyPlan.between(
            Self.full, ObservedDatabase.having(.standard)
        ).changes.flatMap(\.sql)
        #expect(
            changes.contains(
                "SELECT hyperstep_internal.set_chunk_interval('training_metrics', INTERVAL '6 hours')"))
        #expect(
            changes.contains(
                """
                SELECT hyperstep_internal.set_refresh('run_metrics_hourly', INTERVAL '30 days', \
                INTERVAL '1 hour', INTERVAL '10 minutes')
                """))
    }
}
