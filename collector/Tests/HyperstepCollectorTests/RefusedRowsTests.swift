import HyperstepWire
import Testing

@testable import HyperstepCollector

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

@Suite("Rows that are kept aside")
struct RefusedRowsTests {
    private let names = (0..<8).map { Metric(name: "m\($0)") }

    private func scalars(_ indexes: [UInt32]) -> Scalars {
        var scalars = Scalars(runID: UUID(), attempt: 2, rank: 3)
        scalars.metrics = names
        scalars.metricIndexes = indexes
        scalars.times = indexes.indices.map(Int64.init)
        scalars.steps = indexes.indices.map { Int64($0) * 10 }
        scalars.values = indexes.indices.map { Double($0) / 2 }
        return scalars
    }

    @Test(
        "They are a batch of their own, at the positions that they had", arguments: 0..<200 as Range<UInt64>)
    func alone(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let count = UInt32.random(in: 1...60, using: &random)
        let voids = (0..<count - 1).filter { _ in Int.random(in: 0..<3, using: &random) == 0 }
        let indexes = (0..<Int(count) - voids.count).map { _ in UInt32.random(in: 0..<8, using: &random) }
        let scalars = scalars(indexes)
        let batch = Batch(
            stream: UUID(), firstPosition: .random(in: 0..<1 << 40, using: &random),
            positionCount: UInt64(count), voidOffsets: Array(voids), records: .scalars(scalars))
        let refusedNames = names.map { name in
            Int.random(in: 0..<3, using: &random) == 0 ? RunMetric(scalars.runID, name) : nil
        }
        let rows = Int.random(in: 0..<indexes.count, using: &random)..<indexes.count
        let expected = rows.filter { refusedNames[Int(indexes[$0])] != nil }

        guard let refused = RefusedRows(batch, scalars, rows, refusedNames, limit: 5, Batch.Records.scalars)
        else {
            #expect(expected.isEmpty)
            return
        }
        #expect(refused.rows == expected)
        // The contract holds for it: it can be sent as it is.
        let bytes = try refused.alone.encoded()
        let alone = try bytes.withUnsafeBytes { try Batch(decoding: $0) }
        #expect(alone == refused.alone && alone.stream == batch.stream)
        guard case .scalars(let theirs) = alone.records else {
            Issue.record("\(alone.records)")
            return
        }
        #expect(theirs.runID == scalars.runID && theirs.attempt == 2 && theirs.rank == 3)
        #expect(theirs.count == expected.count)
        #expect(Set(theirs.metrics.map(\.name)) == Set(expected.map { "m\(indexes[$0])" }))
        for (place, row) in expected.enumerated() {
            #expect(alone.position(ofRow: place) == batch.position(ofRow: row))
            #expect(theirs.metrics[Int(theirs.metricIndexes[place])] == names[Int(indexes[row])])
            #expect(theirs.times[place] == scalars.times[row] && theirs.steps[place] == scalars.steps[row])
            #expect(theirs.values[place] == scalars.values[row])
        }
        #expect(alone.firstPosition == batch.position(ofRow: expected[0]))
        #expect(alone.lastPosition == batch.position(ofRow: expected[expected.count - 1]) + 1)
    }

    @Test("The reason names the run, the limit, its setting and up to three of the metrics")
    func reason() throws {
        let scalars = scalars([0, 1, 2, 3, 4, 5])
        let batch = Batch(stream: UUID(), firstPosition: 0, positionCount: 6, records: .scalars(scalars))
        let metrics = names.enumerated().map { $0 > 0 ? RunMetric(scalars.runID, $1) : nil }
        func refused(_ rows: Range<Int>, _ metrics: [RunMetric?]) -> RefusedRows? {
            RefusedRows(batch, scalars, rows, metrics, limit: 77, Batch.Records.scalars)
        }
        let found = try #require(refused(0..<6, metrics))
        for part in ["\(scalars.runID)", "77 metrics", "runs.metric.names", #""m1", "m2", "m3" and 4 more"#] {
            #expect(found.reason(isKept: true).contains(part))
        }
        #expect(found.reason(isKept: true).contains("kept in ingest_rejects"))
        #expect(found.reason(isKept: false).contains("lost"))
        #expect(refused(0..<1, metrics) == nil)
        #expect(refused(0..<6, []) == nil)
    }
}
