import Foundation
import HyperstepPostgres
import HyperstepWire
import Synchronization
import TestDatabases
import Testing

@testable import HyperstepCollector

/// Ends connections of collectors at random moments until it is told to stop, or has ended enough of them.
final class FaultInjector: Sendable {
    private let isStopped = Atomic(false)
    let faults = Atomic(0)

    init(_ database: TestDatabase, seed: UInt64, atMost limit: Int) {
        Thread.detachNewThread { [self] in
            var random = SeededGenerator(seed: seed)
            guard let connection = try? database.connect() else { return }
            while !isStopped.load(ordering: .relaxed), faults.load(ordering: .relaxed) < limit {
                Thread.sleep(forTimeInterval: .random(in: 0...0.03, using: &random))
                let ended = try? connection.query(
                    """
                    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                    WHERE application_name LIKE 'hyperstep-collector writer%' AND datname = current_database()
                    ORDER BY random() LIMIT 1
                    """)
                faults.add(ended?.count ?? 0, ordering: .relaxed)
            }
        }
    }

    func stop() { isStopped.store(true, ordering: .relaxed) }
}

/// A producer as the shipper is one: several batches in flight, and back to the last position it knows to
/// be committed whenever something is not well. It also loses acks, and so sends again what is committed.
func produce(
    upTo end: UInt64, through collectors: [Ingest], seed: UInt64, _ batch: (Range<UInt64>) -> Batch
) async {
    var random = SeededGenerator(seed: seed)
    var acked: UInt64 = 0
    while acked < end {
        var batches: [Batch] = []
        var first = acked
        while first < end, batches.count < 4 {
            let last = min(end, first + UInt64.random(in: 1...120, using: &random))
            batches.append(batch(first..<last))
            first = last
        }
        // One collector most of the time; now and then two that fight for the stream.
        let which = Int.random(in: 0..<collectors.count, using: &random)
        let sent = batches
        var outcomes: [IngestOutcome]
        if Int.random(in: 0..<4, using: &random) == 0 {
            async let others = collectors[(which + 1) % collectors.count].commit(sent)
            outcomes = await collectors[which].commit(sent)
            outcomes += await others
        } else {
            outcomes = await collectors[which].commit(sent)
        }
        let isAckLost = Int.random(in: 0..<4, using: &random) == 0
        for outcome in outcomes where !isAckLost {
            switch outcome {
            case .committed(let next), .rejected(_, let next): acked = max(acked, next)
            case .gap, .unavailable, .overloaded: break
            }
        }
        if outcomes.contains(where: { if case .unavailable = $0 { true } else { false } }) {
            try? await Task.sleep(for: .milliseconds(10))
        }
    }
}

/// Sends a stream each, all at once, through collectors whose connections are ended under them, and drains
/// these.
func produceThroughFaults(
    _ streams: [@Sendable (Range<UInt64>) -> Batch], upTo end: UInt64, through collectors: [Ingest],
    into database: TestDatabase, seed: UInt64, atMost limit: Int
) async {
    let injector = FaultInjector(database, seed: seed, atMost: limit)
    await withTaskGroup(of: Void.self) { group in
        for (index, batch) in streams.enumerated() {
            group.addTask { await produce(upTo: end, through: collectors, seed: UInt64(index), batch) }
        }
    }
    injector.stop()
    for collector in collectors { await collector.drain(timeout: .seconds(20)) }
    #expect(injector.faults.load(ordering: .relaxed) > 0)
}
