import HyperstepWire
import Synchronization
import Testing

@testable import HyperstepCollector

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

@Suite("The queue in front of a writer")
struct MailboxTests {
    private let stream = TestStream()

    /// What became of the batches given to a mailbox, by their first position.
    private final class Outcomes: Sendable {
        private let outcomes = Mutex<[UInt64: [IngestOutcome]]>([:])
        func offer(_ batch: Batch, to mailbox: Mailbox, bytes: Int = 100) {
            mailbox.offer(batch, bytes: bytes) { outcome in
                self.outcomes.withLock { $0[batch.firstPosition, default: []].append(outcome) }
            }
        }
        subscript(position: UInt64) -> [IngestOutcome] { outcomes.withLock { $0[position] ?? [] } }
    }

    private func mailbox(_ change: (inout WriterSettings) -> Void = { _ in }) -> Mailbox {
        var settings = WriterSettings()
        settings.groupDelay = .seconds(3_600)
        settings.groupQuiet = .seconds(3_600)
        change(&settings)
        let mailbox = Mailbox(settings, refusal: "not yet")
        mailbox.open()
        return mailbox
    }

    @Test("A group is complete with enough rows, and takes no more batches than it needs")
    func rows() {
        let mailbox = mailbox { $0.groupRows = 25 }
        let outcomes = Outcomes()
        for first in stride(from: UInt64(0), to: 60, by: 12) {
            outcomes.offer(stream.batch(first..<first + 12), to: mailbox)
        }
        #expect(mailbox.nextGroup()?.map(\.batch.firstPosition) == [0, 12, 24])
        #expect(mailbox.count == 2)
    }

    @Test("A closed mailbox gives what waits, then nothing, and refuses what comes")
    func close() {
        let (mailbox, outcomes) = (mailbox(), Outcomes())
        outcomes.offer(stream.batch(0..<1), to: mailbox)
        mailbox.close()
        outcomes.offer(stream.batch(1..<2), to: mailbox)
        #expect(mailbox.nextGroup()?.count == 1)
        #expect(mailbox.nextGroup() == nil)
        let refused = IngestOutcome.unavailable(reason: "the collector is stopping", retryAfter: .seconds(1))
        #expect(outcomes[1] == [refused])
    }

    @Test("What waits when the database goes is answered at once, and what comes until it is back")
    func refuse() {
        let (mailbox, outcomes) = (mailbox(), Outcomes())
        outcomes.offer(stream.batch(0..<1), to: mailbox)
        mailbox.refuse("gone")
        outcomes.offer(stream.batch(1..<2), to: mailbox)
        let expected = [IngestOutcome.unavailable(reason: "gone", retryAfter: .seconds(1))]
        #expect(outcomes[0] == expected && outcomes[1] == expected)
        mailbox.open()
        outcomes.offer(stream.batch(2..<3), to: mailbox)
        #expect(outcomes[2] == [] && mailbox.count == 1)
    }

    @Test("Bytes count until the answer, not until the group is taken; one batch always fits")
    func bytes() {
        let (mailbox, outcomes) = (mailbox { ($0.maxBytes, $0.groupRows) = (100, 1) }, Outcomes())
        outcomes.offer(stream.batch(0..<1), to: mailbox, bytes: 1_000)
        let group = mailbox.nextGroup()
        outcomes.offer(stream.batch(1..<2), to: mailbox, bytes: 1)
        #expect(outcomes[1] == [.overloaded(retryAfter: .seconds(1))])
        group?[0].answer(.committed(nextPosition: 1))
        outcomes.offer(stream.batch(2..<3), to: mailbox, bytes: 100)
        #expect(outcomes[2] == [])
    }

    @Test("A batch is answered once, and never left without an answer")
    func answers() {
        let (mailbox, outcomes) = (mailbox { $0.groupRows = 1 }, Outcomes())
        outcomes.offer(stream.batch(0..<1), to: mailbox)
        var group = mailbox.nextGroup()
        group?[0].answer(.committed(nextPosition: 1))
        group?[0].answer(.gap(nextPosition: 0))
        #expect(outcomes[0] == [.committed(nextPosition: 1)])
        outcomes.offer(stream.batch(1..<2), to: mailbox)
        group = mailbox.nextGroup()
        group = nil
        #expect(outcomes[1].count == 1)
    }

    @Test("A batch with a gap waits for a predecessor that is in the mailbox, and only a few times")
    func regroup() throws {
        let (mailbox, outcomes) = (mailbox { $0.groupRows = 1 }, Outcomes())
        outcomes.offer(stream.batch(10..<20), to: mailbox)
        let early = try #require(mailbox.nextGroup()?.first)
        #expect(!mailbox.regroup(early))
        outcomes.offer(TestStream().batch(0..<10), to: mailbox)
        #expect(!mailbox.regroup(early))
        outcomes.offer(stream.batch(0..<10), to: mailbox)
        #expect((0..<10).filter { _ in mailbox.regroup(early) }.count == 3)
    }

    @Test("A stream always goes to the same writer, and streams spread over all of them")
    func router() {
        let router = Router(writers: 7)
        let streams = (0..<2_000).map { _ in UUID() }
        let writers = streams.map(router.writer)
        #expect(writers == streams.map(Router(writers: 7).writer))
        for writer in 0..<7 { #expect(writers.filter { $0 == writer }.count > 150) }
    }

    @Test("Waits grow to their longest, and begin anew after a success")
    func backoff() {
        var backoff = Backoff(first: .milliseconds(100), longest: .seconds(2))
        for span in [100, 200, 400, 800, 1_600, 2_000, 2_000] {
            let wait = backoff.next()
            #expect(wait >= .milliseconds(span / 2) && wait <= .milliseconds(span))
        }
        backoff.reset()
        #expect(backoff.next() <= .milliseconds(100))
    }
}
