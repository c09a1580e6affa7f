import Testing

@testable import HyperstepPolicies

@Suite("Aggregates that are missing or of another make")
struct AggregatePlanTests {
    private func changes(
        _ declared: PolicySet = .standard, edition: Edition = .community,
        _ change: (inout ObservedDatabase) -> Void
    ) -> [PolicyChange] {
        var observed = ObservedDatabase.having(declared, edition: edition)
        change(&observed)
        return PolicyPlan.between(declared, observed).changes
    }

    @Test("A missing one is made with all that is declared of it, and drops nothing")
    func missing() throws {
        let changes = changes { $0.aggregates[.runMetricsHourly] = nil }
        #expect(changes.map(\.description) == ["run_metrics_hourly.bucket: missing → 1 hour"])
        let change = try #require(changes.first)
        #expect(change.needsOwner && !change.dropsData)
        let policy = PolicySet.standard[.runMetricsHourly]
        #expect(
            change.sql == AggregateSQL.create(.runMetricsHourly, .standard, edition: .community) + [
                PolicyStatement.grants, PolicyStatement.refresh(.runMetricsHourly, policy),
                "SELECT hyperstep_internal.set_compression('run_metrics_hourly', INTERVAL '30 days')",
            ])
    }

    @Test("In the Apache edition it is made without jobs")
    func missingApache() throws {
        let changes = changes(edition: .apache) { $0.aggregates = [:] }
        #expect(changes.count == 5 && changes.allSatisfy { $0.from == "missing" && $0.needsOwner })
        for change in changes {
            let aggregate = try #require(Aggregate(rawValue: change.relation))
            #expect(
                change.sql
                    == AggregateSQL.create(aggregate, .standard, edition: .apache) + [PolicyStatement.grants])
        }
    }

    @Test("In the Apache edition whether it is real-time is the owner's to change")
    func realTimeApache() {
        let changes = changes(edition: .apache) { $0.aggregates[.runMetricsHourly]?.isRealTime = false }
        #expect(changes.map(\.description) == ["run_metrics_hourly.real_time: false → true"])
        #expect(changes.allSatisfy { $0.needsOwner && !$0.dropsData })
    }

    @Test("The one that another is made from comes first, and without it the other is not tried")
    func hierarchy() {
        let changes = changes {
            $0.aggregates[.trainingMetricsMinutely] = nil
            $0.aggregates[.trainingMetricsHourly] = nil
        }
        #expect(changes.map(\.relation) == ["training_metrics_minutely", "training_metrics_hourly"])
        #expect(changes.map(\.follows) == [[], ["training_metrics_minutely"]])
    }

    @Test(
        "Another bucket means that it is made anew, and with it those made from it", arguments: [true, false])
    func otherBucket(isBase: Bool) throws {
        let aggregate = isBase ? Aggregate.trainingMetricsMinutely : .trainingMetricsHourly
        let lost = DataLoss(.buckets, count: 5, span: ("a", "b"))
        let changes = changes {
            $0.aggregates[aggregate]?.bucket = .minutes(30)
            $0.aggregates[.trainingMetricsHourly]?.recreationLoss = lost
        }
        #expect(changes.map(\.relation) == [aggregate.name])
        let change = try #require(changes.first)
        #expect(change.dropsData && change.needsOwner && change.loss == lost)
        #expect(change.from == "30 minutes")
        #expect(change.to.contains("made anew"))
        #expect(change.to.contains("training_metrics_hourly") == isBase)
        let created = change.sql.filter { statement in
            AggregateSQL.create(.trainingMetricsHourly, .standard, edition: .community).contains(statement)
        }
        #expect(!created.isEmpty)
    }

    @Test("After a change of edition the aggregates are those of the edition before, and made anew")
    func otherEdition() {
        for edition in [Edition.community, .apache] {
            let other: AggregateKind = edition == .community ? .kept : .continuous
            let changes = changes(edition: edition) { observed in
                for aggregate in Aggregate.allCases { observed.aggregates[aggregate]?.kind = other }
            }
            // The hourly one comes with the minutely one.
            #expect(changes.count == 4)
            #expect(changes.allSatisfy { $0.dropsData && $0.needsOwner && $0.from.contains("kept by") })
        }
    }
}
