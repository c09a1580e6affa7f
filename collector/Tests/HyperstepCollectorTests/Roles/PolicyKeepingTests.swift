import HyperstepPolicies
import HyperstepPostgres
import Logging
import TestDatabases
import Testing

@testable import HyperstepCollector

@Suite(
    "Policies kept by a collector that owns nothing",
    .enabled(
        if: !TestEdition.withSuperuser.isEmpty, Comment(rawValue: TestEdition.superuserSkipReason)))
struct PolicyKeepingTests {
    private static let declared = """
        hypertables:
          training_metrics:
            retention: 2 days
        """

    @Test(
        "With the collector's role drift is put back, old chunks go, and aggregates are computed",
        arguments: TestEdition.withSuperuser)
    func keeps(edition: TestEdition) async throws {
        let declared = try PolicyFile.parse(Self.declared, name: "policies.yaml")
        try await withTestRoles(edition) { database, prefix in
            let fixture = try RoleFixture(database, prefix)
            let owner = try fixture.superuser.connect()
            try owner.execute("SET ROLE \(fixture.names.owner)")
            try owner.execute(threeDays)
            _ = try MissingAggregates(owner).make(declared)
            let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            let keeper = PolicyKeeper(
                try PostgresURL(fixture.collector.url), options: .init(every: .seconds(60)), logger: logger)

            _ = keeper.round(declared)
            #expect(try differences(declared, owner) == [])
            try owner.execute("SELECT set_chunk_time_interval('training_metrics', INTERVAL '7 hours')")
            #expect(try differences(declared, owner) == ["training_metrics.chunk_interval"])
            // Another collector would take over now.
            keeper.disconnect()
            let next = PolicyKeeper(
                try PostgresURL(fixture.collector.url), options: .init(every: .seconds(60)), logger: logger)
            _ = next.round(declared)
            #expect(try differences(declared, owner) == [])

            // Where there are no jobs the collector has done their work in its rounds.
            guard !edition.isCommunity else { return }
            let old = "SELECT count(*) FROM training_metrics WHERE time < now() - INTERVAL '51 hours'"
            #expect(try owner.query(old).int64(0, 0) == 0)
            let tasks = try owner.query(
                "SELECT count(*) FILTER (WHERE last_success IS NOT NULL), sum(failures)::bigint FROM hyperstep_internal.maintenance"
            )
            #expect((tasks.int64(0, 0) ?? 0) > 0)
            #expect(tasks.int64(0, 1) == 0)
            let computed = "SELECT count(*) FROM hyperstep_internal.training_metrics_hourly"
            #expect((try owner.query(computed).int64(0, 0) ?? 0) > 40)
        }
    }

    private func differences(_ declared: PolicySet, _ connection: PostgresConnection) throws -> [String] {
        PolicyPlan.between(declared, try ObservedDatabase(connection)).changes.map {
            "\($0.relation).\($0.setting)"
        }
    }
}
