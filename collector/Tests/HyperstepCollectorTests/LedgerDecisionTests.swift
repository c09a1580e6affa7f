import HyperstepWire
import Testing

@testable import HyperstepCollector

@Suite("What the ledger decides")
struct LedgerDecisionTests {
    private let stream = TestStream()

    private func decide(_ positions: Range<UInt64>, at next: UInt64) -> (LedgerDecision, UInt64) {
        var entry = LedgerEntry(nextPosition: next)
        let decision = entry.admit(stream.batch(positions))
        return (decision, entry.nextPosition)
    }

    @Test("The batch that is expected next is written whole")
    func expected() {
        #expect(decide(10..<13, at: 10) == (.write(rows: 0..<2), 13))  // 10 is void
        #expect(decide(11..<15, at: 11) == (.write(rows: 0..<4), 15))
    }

    @Test("Of a batch that overlaps, only rows at and after the next position are written, whatever is void")
    func overlap() {
        // Positions 8…19, of which 10 and 17 hold no record: ten rows.
        for next in UInt64(9)..<20 {
            let rowsBefore = (8..<next).filter { !stream.isVoid($0) }.count
            #expect(decide(8..<20, at: next) == (.write(rows: rowsBefore..<10), 20))
        }
    }

    @Test("A batch that ends at or before the next position is a duplicate")
    func duplicate() {
        #expect(decide(0..<10, at: 10) == (.duplicate, 10))
        #expect(decide(0..<10, at: 99) == (.duplicate, 99))
    }

    @Test("A batch that begins after the next position is a gap, and moves nothing")
    func gap() {
        #expect(decide(11..<20, at: 10) == (.gap, 10))
        #expect(decide(1..<2, at: 0) == (.gap, 0))
    }

    @Test("A skip moves the stream by its positions, up to the last there can be, and has no rows")
    func skip() {
        var entry = LedgerEntry(nextPosition: 5)
        let skip = Batch(
            stream: stream.id, firstPosition: 2, positionCount: WireLimits.maxPosition - 2,
            records: .skip(Skip(reason: .damaged, detail: "")))
        #expect(entry.admit(skip) == .write(rows: 0..<0))
        #expect(entry.nextPosition == WireLimits.maxPosition)
    }

    @Test("The count of dropped records only grows, and a gap does not change it")
    func dropped() {
        var entry = LedgerEntry(nextPosition: 10, dropped: 5)
        _ = entry.admit(stream.batch(0..<5, dropped: 3))
        #expect(!entry.isChanged)
        _ = entry.admit(stream.batch(20..<25, dropped: 100))
        #expect(entry.dropped == 5)
        _ = entry.admit(stream.batch(0..<5, dropped: 9))
        #expect(entry.dropped == 9)
        #expect(entry.isChanged)
    }

    @Test(
        "Whatever is sent again, overlaps, comes early or loses its ack, each position is applied once",
        arguments: UInt64(0)..<200)
    func exactlyOnce(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let streams = (0..<3).map { _ in TestStream() }
        var ledger = streams.map { _ in LedgerEntry(nextPosition: 0) }
        var applied = streams.map { _ in [Int64]() }
        // What the producer knows to be committed; it lags behind when an ack is lost.
        var acked = streams.map { _ in UInt64(0) }
        let end: UInt64 = 120
        while ledger.contains(where: { $0.nextPosition < end }) {
            let which = Int.random(in: 0..<3, using: &random)
            let base = Bool.random(using: &random) ? acked[which] : UInt64.random(in: 0..<end, using: &random)
            guard base < end else { continue }
            let last = UInt64.random(in: base + 1...min(end, base + 30), using: &random)
            let batch = streams[which].batch(base..<last)
            let before = ledger[which].nextPosition
            switch ledger[which].admit(batch) {
            case .gap:
                #expect(base > before)
            case .duplicate:
                #expect(last <= before)
            case .write(let rows):
                #expect(base <= before && last == ledger[which].nextPosition)
                guard case .trainingSteps(let steps) = batch.records else { return }
                applied[which] += steps.steps[rows]
            }
            #expect(ledger[which].nextPosition >= before)
            if Int.random(in: 0..<3, using: &random) != 0 { acked[which] = ledger[which].nextPosition }
        }
        for (which, stream) in streams.enumerated() {
            #expect(applied[which] == (0..<end).filter { !stream.isVoid($0) }.map(Int64.init))
        }
    }
}
