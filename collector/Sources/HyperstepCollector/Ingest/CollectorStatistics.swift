import Synchronization

/// What the collector has done since it started; counted without locks, from all writers.
public final class CollectorStatistics: Sendable {
    // Relaxed everywhere: each counter stands for itself and orders nothing.
    private let rows = Atomic(0)
    private let compressedRows = Atomic(0)
    private let storedRows = Atomic(0)
    private let fallbacks = Atomic(0)
    private let batches = Atomic(0)
    private let duplicates = Atomic(0)
    private let gaps = Atomic(0)
    private let rejects = Atomic(0)
    private let commits = Atomic(0)
    private let retries = Atomic(0)
    private let connections = Atomic(0)

    /// All counters at one time, near enough.
    public struct Snapshot: Sendable, Equatable, CustomStringConvertible {
        /// Records committed: steps, scalars, windows, samples and events.
        public var rows = 0
        /// Rows of hypertables that were compressed on their way in. A window becomes several rows, a run event
        /// none.
        public var compressedRows = 0
        /// Rows of hypertables that were stored as rows.
        public var storedRows = 0
        /// Times that the server stored as rows what was to be compressed.
        public var fallbacks = 0
        /// Batches committed, those that moved a stream without rows included.
        public var batches = 0
        /// Batches that had been committed before.
        public var duplicates = 0
        /// Batches that came before what they follow.
        public var gaps = 0
        /// Batches that were refused for good, or of which rows were.
        public var rejects = 0
        /// Transactions committed.
        public var commits = 0
        /// Transactions done again after an error that may pass.
        public var retries = 0
        /// Connections made to the database.
        public var connections = 0

        /// One line, as `rows=… batches=…`.
        public var description: String {
            "rows=\(rows) compressed=\(compressedRows) stored=\(storedRows) fallbacks=\(fallbacks) "
                + "batches=\(batches) duplicates=\(duplicates) gaps=\(gaps) rejects=\(rejects) "
                + "commits=\(commits) retries=\(retries) connections=\(connections)"
        }
    }

    /// All zero.
    public init() {}

    /// The counters now.
    public var snapshot: Snapshot {
        Snapshot(
            rows: rows.load(ordering: .relaxed),
            compressedRows: compressedRows.load(ordering: .relaxed),
            storedRows: storedRows.load(ordering: .relaxed), fallbacks: fallbacks.load(ordering: .relaxed),
            batches: batches.load(ordering: .relaxed),
            duplicates: duplicates.load(ordering: .relaxed), gaps: gaps.load(ordering: .relaxed),
            rejects: rejects.load(ordering: .relaxed), commits: commits.load(ordering: .relaxed),
            retries: retries.load(ordering: .relaxed), connections: connections.load(ordering: .relaxed))
    }

    func committed(rows count: Int, batches: Int, duplicates: Int, _ copies: CopyReport) {
        rows.add(count, ordering: .relaxed)
        compressedRows.add(copies.compressedRows, ordering: .relaxed)
        storedRows.add(copies.storedRows, ordering: .relaxed)
        fallbacks.add(copies.fallbacks.count, ordering: .relaxed)
        self.batches.add(batches, ordering: .relaxed)
        self.duplicates.add(duplicates, ordering: .relaxed)
        commits.add(1, ordering: .relaxed)
    }

    func gap() { gaps.add(1, ordering: .relaxed) }
    func rejected() { rejects.add(1, ordering: .relaxed) }
    func retried() { retries.add(1, ordering: .relaxed) }
    func connected() { connections.add(1, ordering: .relaxed) }
}
