import Testing

@testable import HyperstepCollector

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

@Suite("Which way rows go into a table")
struct CopyPlanTests {
    private static let hour: Int64 = 3_600_000_000_000
    private typealias Piece = CopyPlan.Piece

    private func part(_ key: UUID, _ times: [Int64], segments: Int = 1, from first: Int = 0) -> CopyPlan.Part
    {
        CopyPlan.Part(
            segment: Segment(key: [key], count: segments), times: times, rows: first..<times.count)
    }

    private func plan(_ parts: [CopyPlan.Part], minimum: Int = 500) -> CopyPlan {
        CopyPlan(parts, minimum: minimum)
    }

    private func times(_ count: Int, hour: Int64 = 9) -> [Int64] {
        (0..<count).map { hour * Self.hour + Int64($0) }
    }

    @Test("A segment with enough rows in a chunk is compressed, one with a row less is not")
    func threshold() {
        let enough = plan([part(UUID(), times(500))])
        #expect(enough.compressed == [Piece(part: 0, rows: 0..<500)] && enough.stored == [])
        let few = plan([part(UUID(), times(499))])
        #expect(few.compressed == [] && few.stored == [Piece(part: 0, rows: 0..<499)])
    }

    @Test("Rows of a segment count together over batches, and only those that are to be written")
    func together() {
        let run = UUID()
        let both = plan([part(run, times(300)), part(run, times(300))])
        #expect(both.compressed.count == 2 && both.stored == [])
        let overlapping = plan([part(run, times(300)), part(run, times(300), from: 200)])
        #expect(overlapping.compressed == [])
    }

    @Test("Where a record becomes several rows, the rows count; cut are records all the same")
    func several() {
        func plan(_ counts: [Int]) -> CopyPlan {
            var part = part(UUID(), times(5))
            part.counts = counts
            return self.plan([part])
        }
        #expect(plan([100, 0, 300, 50, 50]).compressed == [Piece(part: 0, rows: 0..<5)])
        #expect(plan([100, 0, 300, 50, 49]).stored == [Piece(part: 0, rows: 0..<5)])
        #expect(plan([100, 0, 300, 50, 49]).compressed == [])
    }

    @Test("Of large and small segments in one transaction only the large ones are compressed")
    func mixed() {
        let parts = [part(UUID(), times(10)), part(UUID(), times(2_000)), part(UUID(), times(10))]
        let plan = plan(parts)
        #expect(plan.compressed == [Piece(part: 1, rows: 0..<2_000)])
        #expect(plan.stored == [Piece(part: 0, rows: 0..<10), Piece(part: 2, rows: 0..<10)])
    }

    @Test("Rows spread over several segments of a batch have to suffice for each of them, on average")
    func segments() {
        #expect(plan([part(UUID(), times(1_999), segments: 4)]).compressed == [])
        #expect(plan([part(UUID(), times(2_000), segments: 4)]).stored == [])
    }

    @Test("Every row goes one way, once, and compressed ones are in good company", arguments: UInt64(0)..<100)
    func everyRow(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let keys = (0..<3).map { _ in UUID() }
        let parts = (0..<Int.random(in: 1...12, using: &random)).map { _ in
            let times = (0..<Int.random(in: 1...200, using: &random)).map { _ in
                Int64.random(in: 0..<Self.hour, using: &random)
            }
            return part(
                keys.randomElement(using: &random)!, times, from: .random(in: 0..<times.count, using: &random)
            )
        }
        let plan = plan(parts, minimum: 150)
        for (index, part) in parts.enumerated() {
            let rows = (plan.compressed + plan.stored).filter { $0.part == index }.flatMap(\.rows)
            #expect(rows.sorted() == Array(part.rows))
        }
        for (index, part) in parts.enumerated() {
            let company = parts.filter { $0.segment == part.segment }.map(\.rows.count).reduce(0, +)
            let isCompressed = plan.compressed.contains { $0.part == index }
            #expect(isCompressed == (company >= 150))
        }
    }
}
