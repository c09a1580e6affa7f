import HyperstepWire
import Testing

@testable import HyperstepTestKit

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

@Suite("What a test's collector takes")
struct LedgerTests {
    let stream = UUID()
    let run = UUID()

    /// Steps whose numbers are their positions.
    func batch(_ positions: Range<UInt64>, voids: [UInt64] = []) -> Batch {
        var steps = TrainingSteps(modelID: UUID(), runID: run)
        let kept = positions.filter { !voids.contains($0) }
        steps.times = kept.map { Int64($0) }
        steps.steps = steps.times
        steps[.loss] = DoubleColumn(kept.map { $0 % 2 == 0 ? Double($0) : nil })
        return Batch(
            stream: stream, firstPosition: positions.lowerBound, positionCount: UInt64(positions.count),
            voidOffsets: voids.map { UInt32($0 - positions.lowerBound) }, records: .trainingSteps(steps))
    }

    @Test("Each position is taken once, whatever is sent again, overlaps or comes too early")
    func once() throws {
        var (ledger, recorded) = (Ledger(), Recorded())
        func send(_ batch: Batch) -> Ledger.Outcome {
            let outcome = ledger.commit(batch)
            if case .committed(let new, _) = outcome { recorded.add(batch, from: new) }
            return outcome
        }
        #expect(send(batch(0..<4, voids: [1])) == .committed(new: 0, next: 4))
        #expect(send(batch(0..<4, voids: [1])) == .committed(new: 4, next: 4))
        #expect(send(batch(2..<7, voids: [2, 5])) == .committed(new: 4, next: 7))
        #expect(send(batch(9..<10)) == .gap(next: 7))
        let skip = Batch(
            stream: stream, firstPosition: 7, positionCount: WireLimits.maxPosition - 7,
            records: .skip(Skip(reason: .damaged, detail: "")))
        #expect(send(skip) == .committed(new: 7, next: WireLimits.maxPosition))
        let steps = try #require(recorded.runs.first).steps
        #expect(steps.map(\.step) == [0, 2, 3, 4, 6])
        #expect(steps.map(\.loss) == [0, 2, nil, 4, 6])
    }
}
