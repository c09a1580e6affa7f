/// The bounds of the contract. A batch beyond one of them is refused with the limit named.
public enum WireLimits {
    /// Bytes of one request's body: 8 MiB.
    public static let maxBodyBytes = 8 * 1024 * 1024
    /// Positions that one batch with records covers.
    public static let maxPositions: UInt64 = 65_536
    /// Positions that one batch with `skip` covers, and the highest position there can be.
    public static let maxPosition: UInt64 = 1 << 62
    /// Bytes of a name: project, run, model, tag, metric, endpoint, device.
    public static let maxNameBytes = 256
    /// Tags of one run.
    public static let maxTags = 64
    /// Bytes of the JSON in one event.
    public static let maxJSONBytes = 64 * 1024
    /// Bytes of a text for a person.
    public static let maxReasonBytes = 4_096
    /// Bytes of a skip's detail.
    public static let maxDetailBytes = 1_024
    /// Run events, experiment events or inference windows in one batch.
    public static let maxEvents = 4_096
    /// Metrics that the rows of one batch of scalars name.
    public static let maxMetrics = 4_096
    /// Devices that the rows of one batch of samples name.
    public static let maxDevices = 256
    /// Series that the rows of one batch of windows name.
    public static let maxSeries = 4_096
    /// Bytes of a series' name, unit, and its dimensions' keys and values together.
    public static let maxSeriesBytes = 1_024
    /// Dimensions of one series.
    public static let maxDimensions = 32
    /// Histograms of one inference window.
    public static let maxHistograms = 16
    /// Counts and sizes are stored as PostgreSQL's bigint.
    public static let maxCount = UInt64(Int64.max)
    /// Bytes of an experiment's status.
    public static let maxStatusBytes = 64
    /// Attempts and ranks are stored as PostgreSQL's smallint.
    public static let maxAttempt = Int16.max
    /// Bytes of memory that decoding one message may take.
    static let maxArenaBytes = 64 * 1024 * 1024
}
