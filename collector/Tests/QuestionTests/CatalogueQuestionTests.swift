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
    "Questions about chunks and sizes",
    .needsDatabase, .mayBlock)
struct CatalogueQuestionTests {
    @Test(
        "Chunks, sizes and ratios are those of the catalogue, in either edition", arguments: TestEdition.all)
    func catalogue(_ edition: TestEdition) throws {
        try SampleDatabase.with(edition) { database in
            let chunks = try database.ask("chunks", ["table": "training_metrics", "window": "7 days"])
            let hours = Set(database.steps.map { SampleDatabase.bucket($0.step.time, seconds: 3_600) })
            #expect((0..<chunks.count).compactMap { chunks.int64($0, 1) } == hours.sorted())
            #expect((0..<chunks.count).allSatisfy { (chunks.int64($0, 7) ?? 0) > 0 })
            #expect(
                (0..<chunks.count).contains { chunks.bool($0, 3) == true } == (edition.name == "community"))

            let recent = try database.ask("chunks", ["table": "training_metrics", "window": "6 hours"])
            #expect(recent.count <= 7 && recent.count > 0)

            let ratios = try database.ask("compression-ratio", ["window": "30 days"])
            if edition.name == "community" {
                #expect(ratios.count == 8)
                let training = (0..<ratios.count).first { ratios.text($0, 0) == "training_metrics" }
                let row = try #require(training)
                #expect(ratios.int64(row, 1) == Int64(chunks.count))
                let compressed = (0..<chunks.count).map { chunks.bool($0, 3) }.filter { $0 == true }.count
                #expect(ratios.int64(row, 2) == Int64(compressed))
                let before = Double(try #require(ratios.int64(row, 3)))
                let after = Double(try #require(ratios.int64(row, 4)))
                #expect(ratios.double(row, 5) == before / after)
            } else {
                #expect((0..<ratios.count).allSatisfy { ratios.int64($0, 2) == 0 })
            }

            let sizes = try database.ask("sizes")
            #expect(
                Set((0..<sizes.count).compactMap { sizes.text($0, 0) }) == [
                    "training_metrics", "run_metrics", "model_performance", "latency_histogram",
                    "system_metrics", "experiments", "service_metrics", "service_histogram",
                ])
            #expect((0..<sizes.count).allSatisfy { (sizes.int64($0, 5) ?? 0) > 0 })
        }
    }
}
