import Testing

@testable import HyperstepCollector

@Suite("What one transaction may write of a table")
struct ChunkBudgetTests {
    @Test(
        "Records that become many rows: all are taken in their order, each time as many as may be, one at least",
        arguments: UInt64(0)..<100)
    func rows(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let counts = (0..<60).map { _ in Int.random(in: 0...9, using: &random) }
        let times = [Int64](repeating: 5, count: counts.count)
        let limit = Int.random(in: 1...20, using: &random)
        var place = 0
        while place < counts.count {
            var budget = ChunkBudget(limit: 1, length: 10, rowLimit: limit)
            // In two bites, as two batches of a group take them.
            let middle = Int.random(in: place...counts.count, using: &random)
            var end = budget.take(times, place..<middle, counts: counts)
            if end == middle { end = budget.take(times, middle..<counts.count, counts: counts) }
            let taken = counts[place..<end].reduce(0, +)
            #expect(end > place)
            #expect(taken <= limit || counts[place..<end].filter { $0 > 0 }.count == 1)
            #expect(end == counts.count || taken + counts[end] > limit)
            place = end
        }
    }

    @Test("Chunks and rows are both limits")
    func both() {
        var budget = ChunkBudget(limit: 2, length: 10, rowLimit: 100)
        #expect(budget.take([1, 11, 21], 0..<3, counts: [1, 1, 1]) == 2)
        budget = ChunkBudget(limit: 2, length: 10, rowLimit: 100)
        #expect(budget.take([1, 11, 21], 0..<3, counts: [99, 2, 1]) == 1)
    }

    @Test(
        "It says whether what it took is of several chunks, in one batch or in two; what it did not take is not"
    )
    func many() {
        var budget = ChunkBudget(limit: 2, length: 10)
        #expect(budget.take([15, 1, 2, 9], 1..<4) == 4 && !budget.isOfMany)
        #expect(budget.take([3, 11], 0..<2) == 2 && budget.isOfMany)
        budget = ChunkBudget(limit: 1, length: 10)
        #expect(budget.take([1, 11], 0..<2) == 1 && !budget.isOfMany)
    }
}
