import TestRandom
import Testing

@testable import HyperstepShipper

/// The collector's side of the contract in ten lines: a ledger row and the positions it wrote.
private struct Ledger {
    var next: UInt64 = 0
    var writes: [UInt64: Int] = [:]

    mutating func take(_ first: UInt64, _ last: UInt64) -> (isGap: Bool, next: UInt64) {
        if first > next { return (true, next) }
        for position in max(first, next)..<max(last, next) { writes[position, default: 0] += 1 }
        next = max(next, last)
        return (false, next)
    }
}

@Suite("What a shipper knows of a stream")
struct StreamWindowTests {
    @Test(
        "Whatever is lost, delayed or refused on the way, each record is written once and all are",
        arguments: 0..<500 as Range<UInt64>)
    func exactlyOnce(seed: UInt64) {
        var generator = Seeded(seed)
        let end = UInt64.random(in: 1...200, using: &generator)
        var ledger = Ledger()
        var window = StreamWindow(from: 0)
        /// Requests on their way, and answers on their way back.
        var requests: [StreamWindow.Ticket] = []
        var answers: [(StreamWindow.Ticket, isGap: Bool, next: UInt64)] = []
        var turns = 0
        while window.committed < end {
            turns += 1
            guard turns < 100_000 else {
                Issue.record("no end after \(turns) turns: committed \(window.committed) of \(end)")
                return
            }
            switch Int.random(in: 0..<12, using: &generator) {
            case 0...3 where window.next < end && window.batchesInFlight < 4:
                let first = window.next - min(window.next, .random(in: 0...3, using: &generator))
                let last = min(end, window.next + .random(in: 1...9, using: &generator))
                requests.append(window.send(first: first, last: last))
            case 4...6 where !requests.isEmpty:
                let ticket = requests.removeFirst()
                let (isGap, next) = ledger.take(ticket.first, ticket.last)
                answers.append((ticket, isGap, next))
            case 7...9 where !answers.isEmpty:
                // Answers of one connection can overtake each other.
                let (ticket, isGap, next) = answers.remove(
                    at: .random(in: answers.indices, using: &generator))
                let action =
                    isGap
                    ? window.gap(ticket, next: next, end: end)
                    : window.acknowledged(ticket, upTo: next, end: end)
                if case .release(let upTo) = action { #expect(upTo <= ledger.next) }
            case 10 where !requests.isEmpty:
                // Answered 503, before the database saw it.
                _ = window.failed(requests.removeFirst())
            case 11 where Int.random(in: 0..<4, using: &generator) == 0:
                // The connection breaks: requests and answers on their way are gone.
                requests.removeAll()
                answers.removeAll()
                window.goBack()
            default: continue
            }
        }
        #expect(ledger.writes.count == Int(end))
        #expect(ledger.writes.values.allSatisfy { $0 == 1 })
    }

    @Test("An answer from before the window went back changes nothing, unless it commits")
    func staleAnswers() {
        var window = StreamWindow(from: 0)
        let first = window.send(first: 0, last: 10)
        let second = window.send(first: 10, last: 20)
        #expect(window.failed(first) == .rewound)
        #expect(window.next == 0)
        #expect(window.gap(second, next: 0, end: 20) == .ignore)
        #expect(window.failed(second) == .ignore)
        #expect(window.acknowledged(first, upTo: 10, end: 20) == .release(upTo: 10))
        #expect(window.next == 10)
    }

    @Test("A database restored from a backup is sent again what it lost")
    func restoredDatabase() {
        var window = StreamWindow(from: 500)
        let ticket = window.send(first: 500, last: 600)
        #expect(window.gap(ticket, next: 450, end: 600) == .rewound)
        #expect(window.next == 450)
        #expect(window.committed == 450)
    }

    @Test("A collector ahead of all that the stream ever held stops it, since its records would be lost")
    func anotherStream() {
        var window = StreamWindow(from: 0)
        let ticket = window.send(first: 0, last: 5)
        #expect(window.acknowledged(ticket, upTo: 900, end: 7) == .halt(collector: 900, held: 7))
    }
}
