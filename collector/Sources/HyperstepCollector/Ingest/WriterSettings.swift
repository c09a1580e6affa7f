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
    /// Chunks of one table that one transaction touches at most: what is spread wider, as an import of years or
    /// the records of a clock gone wild, is committed in several.
    var chunksPerTransaction = 128
    /// Rows of one table after which a transaction takes no further record that becomes several: a window can
    /// become 33,792 rows, and a batch of them millions.
    var rowsPerTransaction = 250_000
    /// Names of metrics that one run may log at most.
    var metricNamesPerRun = CollectorSettings.Defaults.runsMetricNames
    /// Series that one service may have at most.
    var seriesPerService = CollectorSettings.Defaults.servicesSeries
    /// How often one session keeps rows of one run or service aside for that, a batch each time; further ones are
    /// counted.
    var refusalsKeptPerOwner = 1_000
    /// Whether rows are compressed on their way in.
    var directCompress = DirectCompress.auto
    /// Rows of one segment and chunk in one transaction from which on they are compressed on their way in. The
    /// columnstore keeps up to 1,000 of them together, and far fewer take more room and time than they save.
    var compressedSegmentRows = 500
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
