import HyperstepPostgres
import SampleData
import TestDatabases
import Testing

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

@Suite(
    "Questions in a schema of Hyperstep's own",
    .needsDatabase, .mayBlock)
struct OwnSchemaQuestionTests {
    @Test(
        "Every question finds its tables there, beside others of the same names", arguments: TestEdition.all)
    func all(edition: TestEdition) throws {
        let schema = try #require(PostgresSchema("hyperstep"))
        try SampleDatabase.with(edition, schema: schema) { database in
            let run = database.busiest(hours: 6)
            let window = try #require(database.windows.last)
            let variables = [
                "run": run.id.uuidString, "model": run.model.id.uuidString, "window": "2 days",
                "table": "training_metrics", "by": "endpoint", "endpoint": window.server.endpoint,
                "metric": "val/top5", "name": "http_requests", "service": "server",
            ]
            var answered: [String] = []
            for name in try QuestionSQL.names() where try database.ask(name, variables).count > 0 {
                answered.append(name)
            }
            // Those about rows of steps, about aggregates, and about the catalogue; all others were found their tables.
            for name in ["model-last-hours", "loss-curve", "hourly", "quarter-hours", "chunks", "sizes"] {
                #expect(answered.contains(name), "\(name) has no answer")
            }
        }
    }
}
