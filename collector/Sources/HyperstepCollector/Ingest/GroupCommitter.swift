import HyperstepPolicies
import HyperstepPostgres
import HyperstepWire
import Logging

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Commits groups whatever the database says: does again what may work, finds the one batch that cannot, and
/// answers every batch.
struct GroupCommitter: ~Copyable {
    private var transaction: GroupTransaction
    private let settings: WriterSettings
    private let mailbox: Mailbox
    private let statistics: CollectorStatistics
    /// Told of what could be committed, as the writer of that number.
    private let health: (of: WriterHealth, writer: Int)
    /// Whether nothing is to be tried again.
    private let isAbandoned: () -> Bool
    private let logger: Logger
    /// Those whose refused names are in the log.
    private var reported: Set<NameOwner> = []

    init(
        _ session: DatabaseSession, mailbox: Mailbox, settings: WriterSettings,
        statistics: CollectorStatistics, health: (of: WriterHealth, writer: Int),
        isAbandoned: @escaping () -> Bool = { false }, logger: Logger
    ) {
        transaction = GroupTransaction(session, settings)
        self.settings = settings
        self.mailbox = mailbox
        self.statistics = statistics
        self.health = health
        self.isAbandoned = isAbandoned
        self.logger = logger
    }

    /// Commits a group and answers its batches.
    ///
    /// - Throws: when the session is over; the batches that are not committed are answered `unavailable`.
    mutating func commit(_ group: [PendingBatch]) throws(PostgresError) {
        let sorted = group.sorted(by: PendingBatch.precedes)
        do throws(PostgresError) {
            try commit(sorted[...])
        } catch {
            // Whoever was answered before keeps that answer.
            answer(sorted[...], unavailable: error)
            throw error
        }
    }

    private mutating func commit(_ group: ArraySlice<PendingBatch>) throws(PostgresError) {
        var group = group
        var unfinished: [PendingBatch] = []
        while !group.isEmpty {
            switch try attempt({ transaction throws(PostgresError) in try transaction.commit(Array(group)) })
            {
            case .success(let outcome):
                finish(outcome)
                // Neighbours of a batch that takes many transactions wait for one of them, not for all.
                group = outcome.waiting[...]
                unfinished += outcome.unfinished
            case .failure(let error):
                try split(group, error)
                group = []
            }
        }
        mailbox.putBack(unfinished)
    }

    /// Finds the batch that the database refuses.
    private mutating func split(
        _ group: ArraySlice<PendingBatch>, _ error: PostgresError
    ) throws(PostgresError) {
        switch error.kind {
        case .data where group.count > 1, .other where group.count > 1:
            // Halves in order: a stream's earlier batches stay before its later ones.
            let middle = group.startIndex + group.count / 2
            try commit(group[..<middle])
            try commit(group[middle...])
        case .data, .other: try reject(group[group.startIndex], error)
        default: answer(group, unavailable: error)
        }
    }

    private mutating func reject(_ pending: PendingBatch, _ cause: PostgresError) throws(PostgresError) {
        let result = try attempt { transaction throws(PostgresError) in
            try transaction.reject(pending, cause)
        }
        guard case .success(let outcome) = result, case .write(let rows) = outcome.applied[0].decision else {
            switch result {
            case .success(let outcome): finish(outcome)
            case .failure(let error): answer([pending], unavailable: error)
            }
            return
        }
        statistics.rejected()
        health.of.committed(health.writer)
        logger.error(
            "a batch was refused by the database and is kept in ingest_rejects",
            metadata: [
                "stream": "\(pending.batch.stream)", "first": "\(pending.batch.firstPosition)",
                "count": "\(pending.batch.positionCount)", "sqlstate": "\(cause.code)",
            ])
        pending.note(Refusal(reason: cause.description, count: UInt64(rows.count)))
        answer(outcome.applied[0])
    }

    /// Tries until it works, cannot work, or was tried often enough.
    private mutating func attempt(
        _ body: (inout GroupTransaction) throws(PostgresError) -> GroupOutcome
    ) throws(PostgresError) -> Result<GroupOutcome, PostgresError> {
        var tries = 1
        while true {
            do throws(PostgresError) {
                return .success(try body(&transaction))
            } catch {
                switch error.kind {
                case .connectionLost, .session, .schema, .settings: throw error
                case .data: return .failure(error)
                case .retryable, .other:
                    guard !isAbandoned() else { throw error }
                    guard tries < settings.attempts else {
                        // Nothing is refused for what is this session's fault alone.
                        try transaction.verifySession()
                        return .failure(error)
                    }
                    statistics.retried()
                    logger.warning(
                        "a transaction is done again", metadata: ["error": "\(error)", "try": "\(tries)"])
                    BlockingThread.sleep(.milliseconds(Int64.random(in: 5...20) << Int64(min(tries, 6))))
                    tries += 1
                }
            }
        }
    }

    private mutating func finish(_ outcome: GroupOutcome) {
        var (batches, duplicates) = (0, 0)
        for (pending, refusal, owner) in outcome.refusals {
            pending.note(refusal)
            statistics.rejected()
            report(refusal, of: owner)
        }
        for item in outcome.applied {
            switch item.decision {
            case .write:
                batches += 1
                logSkip(item.pending.batch)
            case .duplicate: duplicates += 1
            case .gap:
                if mailbox.regroup(item.pending) { continue }
                statistics.gap()
                item.pending.answer(.gap(nextPosition: item.nextPosition))
            }
        }
        health.of.committed(health.writer)
        // Before the answers: who has one finds it counted.
        statistics.committed(rows: outcome.rowCount, batches: batches, duplicates: duplicates, outcome.copies)
        for item in outcome.applied where item.decision != .gap { answer(item) }
        for (table, reason) in outcome.copies.fallbacks {
            logger.warning(
                "rows are not compressed on their way in, for a while",
                metadata: ["table": "\(table.name)", "reason": "\(reason)"])
        }
    }

    /// Answers a batch that is done with, and says what of it was refused.
    private func answer(_ item: GroupOutcome.Applied) {
        item.pending.answer(
            item.pending.refusal.map { .rejected($0, nextPosition: item.nextPosition) }
                ?? .committed(nextPosition: item.nextPosition))
    }

    /// Says it once of each owner: a name that is made of what users type comes with every batch.
    private mutating func report(_ refusal: Refusal, of owner: NameOwner) {
        guard !reported.contains(owner) else { return }
        if reported.count >= 10_000 { reported = [] }
        reported.insert(owner)
        logger.error(
            "there are more names than there may be: what is too many is not written",
            metadata: ["owner": "\(owner)", "reason": "\(refusal.reason)"])
    }

    private func logSkip(_ batch: Batch) {
        guard case .skip(let skip) = batch.records else { return }
        logger.warning(
            "a producer gave positions up",
            metadata: [
                "stream": "\(batch.stream)", "first": "\(batch.firstPosition)",
                "count": "\(batch.positionCount)", "reason": "\(skip.reason)", "detail": "\(skip.detail)",
            ])
    }

    private func answer(_ group: ArraySlice<PendingBatch>, unavailable error: PostgresError) {
        health.of.failed(health.writer, error)
        for pending in group {
            pending.answer(.unavailable(reason: error.description, retryAfter: settings.retryAfter))
        }
    }
}
