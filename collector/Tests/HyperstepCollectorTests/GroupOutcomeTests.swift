import HyperstepWire
import Testing

@testable import HyperstepCollector

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

@Suite("How much of a group one transaction writes")
struct GroupOutcomeTests {
    private func pending(_ batch: Batch) -> PendingBatch { PendingBatch(batch) { _ in } }

    @Test("A budget of chunks takes rows until one more chunk would be touched")
    func budget() {
        var budget = ChunkBudget(limit: 2, length: 10)
        #expect(budget.take([1, 2, 3], 0..<3) == 3)
        #expect(budget.take([5, 15, 9, 25, 3], 0..<5) == 3)
        #expect(budget.take([5, 15, 25], 1..<3) == 2)
        #expect(budget.take([35], 0..<1) == 0)
        #expect(budget.take([19, 0], 0..<2) == 2)
    }

    @Test("A stream is moved to the first row that is left, past the voids before it")
    func middle() {
        let stream = TestStream()  // 10 and 17 are void
        var entry = LedgerEntry(nextPosition: 0)
        _ = entry.admit(stream.batch(0..<8))
        let batch = stream.batch(8..<20)
        for row in 0..<10 { #expect(!stream.isVoid(batch.position(ofRow: row))) }
        #expect(entry.admit(batch) { rows in rows.lowerBound + 2 } == .write(rows: 0..<2))
        #expect(entry.nextPosition == 11)
        #expect(entry.admit(batch) == .write(rows: 2..<10))
        #expect(entry.nextPosition == 20)
    }

    @Test("Neighbours of a batch that is cut are done with; its own stream waits behind it")
    func neighbours() throws {
        let streams = (0..<3).map { _ in TestStream() }.sorted { $0.id < $1.id }
        let group = [
            pending(streams[0].batch(0..<10)), pending(streams[1].batch(0..<10)),
            pending(streams[1].batch(10..<20)), pending(streams[2].batch(0..<10)),
        ]
        var ledger = [UUID: LedgerEntry](
            uniqueKeysWithValues: streams.map { ($0.id, LedgerEntry(nextPosition: 0)) })
        let outcome = GroupOutcome(group, &ledger) { pending, rows in
            pending === group[1] ? 4 : rows.upperBound
        }
        #expect(
            outcome.applied.map { ObjectIdentifier($0.pending) }
                == [group[0], group[3]].map(ObjectIdentifier.init))
        #expect(outcome.writes.map(\.rows) == [0..<9, 0..<4, 0..<9])
        #expect(outcome.unfinished.map { ObjectIdentifier($0) } == group[1...2].map(ObjectIdentifier.init))
        #expect(outcome.waiting.isEmpty)
        #expect(ledger[streams[1].id]?.nextPosition == 5)  // position 3 is void
    }

    @Test(
        "Wherever transactions stop, all positions are written once, in the end", arguments: UInt64(0)..<200)
    func exactlyOnce(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let streams = (0..<4).map { _ in TestStream(spacing: .random(in: 1...30, using: &random)) }
        var ledger = [UUID: LedgerEntry](
            uniqueKeysWithValues: streams.map { ($0.id, LedgerEntry(nextPosition: 0)) })
        var group = streams.flatMap { stream in
            stride(from: UInt64(0), to: 90, by: 30).map { pending(stream.batch($0..<$0 + 30)) }
        }
        var written: [UUID: [Int64]] = [:]
        var transactions = 0
        while !group.isEmpty, transactions < 1_000 {
            transactions += 1
            group.sort(by: PendingBatch.precedes)
            var budget = ChunkBudget(limit: .random(in: 1...6, using: &random), length: 50)
            let outcome = GroupOutcome(group, &ledger) { pending, rows in
                TrainingStepsCopy.records(of: pending.batch).map { budget.take($0.times, rows) }
                    ?? rows.upperBound
            }
            #expect(outcome.rowCount > 0)
            for write in outcome.writes {
                guard let steps = TrainingStepsCopy.records(of: write.pending.batch) else { continue }
                written[write.pending.batch.stream, default: []] += steps.steps[write.rows]
            }
            #expect(outcome.applied.count + outcome.waiting.count + outcome.unfinished.count == group.count)
            group = outcome.waiting + outcome.unfinished
        }
        for stream in streams {
            #expect(written[stream.id] == (0..<90).filter { !stream.isVoid($0) }.map(Int64.init))
        }
    }
}
