/// How one writer gathers and commits.
struct WriterSettings: Sendable, Equatable {
    /// Rows after which a group is committed without waiting for more.
    var groupRows = 50_000
    /// Longest wait since a group's first batch.
    var groupDelay: Duration = .milliseconds(20)
    /// A group is also complete when nothing came for this long.
    var groupQuiet: Duration = .milliseconds(2)
    /// Batches of one group at most.
    var groupBatches = 4_096
    /// Bodies' bytes that wait or are being committed at most; one batch always fits.
    var maxBytes = 64 * 1024 * 1024
    /// Batches that wait at most.
    var maxBatches = 16_384
    /// What a producer is told to wait when there is no room or no database.
    var retryAfter: Duration = .seconds(1)
    /// Tries of one group while the database says it may work the next time.
    var attempts = 5
    /// How often the steps of a run count as its sign of life.
    var lifeSignInterval: Duration = .seconds(15)
    /// Longest wait for one statement of the database.
    var statementTimeout: Duration = .seconds(30)
    /// Longest wait for a ledger row that another collector holds.
    var lockTimeout: Duration = .seconds(10)
}
