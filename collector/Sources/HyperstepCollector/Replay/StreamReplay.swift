import HyperstepShipper
import HyperstepWire

#if canImport(FoundationEssentials)
    import struct FoundationEssentials.UUID
#else
    import struct Foundation.UUID
#endif

/// Commits one stream of an adopted recorder, from its oldest record kept to its newest.
struct StreamReplay {
    let reader: StreamReader
    let ingest: Ingest
    /// How long a database that takes nothing is waited for.
    let patience: Duration

    /// Rows of one batch.
    private static let rows = 32_768

    /// What became of the stream's positions.
    struct Outcome {
        var committed: UInt64 = 0
        var rejected: UInt64 = 0
    }

    /// Commits all of it.
    ///
    /// - Throws: `ReplayError` when the database takes nothing for longer than the patience lasts; errors of the
    ///   file system.
    func run() async throws -> Outcome {
        var outcome = Outcome()
        var position = reader.start
        while position < reader.end, let piece = try reader.piece(from: position, limit: Self.rows) {
            let batch = try piece.bytes.withUnsafeBytes { try Batch(decoding: $0) }
            let before = position
            switch try await commit(batch, bytes: piece.bytes.count) {
            case .gap(let next): position = next
            case .committed(let next):
                position = try release(next)
                outcome.committed += position - min(before, position)
            case .rejected(let refusal, let next):
                position = try release(next)
                let passed = position - min(before, position)
                outcome.rejected += min(refusal.count, passed)
                outcome.committed += passed - min(refusal.count, passed)
            case .unavailable, .overloaded: break
            }
        }
        return outcome
    }

    private func release(_ next: UInt64) throws -> UInt64 {
        guard next <= reader.end else {
            throw StreamAhead(stream: reader.stream, inDatabase: next, held: reader.end)
        }
        try reader.release(upTo: next)
        return next
    }

    /// Submits until it is taken or refused for good.
    private func commit(_ batch: Batch, bytes: Int) async throws -> IngestOutcome {
        let deadline = ContinuousClock.now + patience
        while true {
            let outcome = await withCheckedContinuation { continuation in
                ingest.submit(batch, bytes: bytes) { continuation.resume(returning: $0) }
            }
            let (reason, wait): (String, Duration)
            switch outcome {
            case .committed, .rejected, .gap: return outcome
            case .unavailable(let why, let retryAfter): (reason, wait) = (why, retryAfter)
            case .overloaded(let retryAfter): (reason, wait) = ("the writers are busy", retryAfter)
            }
            guard ContinuousClock.now < deadline else {
                throw ReplayError(
                    description: "the database took nothing for \(patience): \(reason). "
                        + "What is not committed stays in its files; run replay again")
            }
            try await Task.sleep(for: min(wait, .milliseconds(200)))
        }
    }
}

/// A file that holds less than the database has of its stream: going on could lose records as duplicates.
struct StreamAhead: Error, CustomStringConvertible {
    let stream: UUID
    let inDatabase: UInt64
    let held: UInt64

    var description: String {
        "the database has \(inDatabase) records of stream \(stream), whose file holds no more than \(held): was the "
            + "file copied or restored? It stays as it is"
    }
}

/// A file whose counts do not become windows although there is room for them: it would be tried for ever.
struct WindowsLeft: Error, CustomStringConvertible {
    let stream: UUID

    var description: String {
        "counts of its monitors are left that fit no window of stream \(stream). It stays as it is"
    }
}
