/// How much data, over which time.
public struct SampleShape: Sendable {
    /// The same seed, shape and end give the same rows.
    public var seed: UInt64 = 20_261_123
    /// Nanoseconds since 1970 before which all rows are.
    public var end: Int64
    /// How long before that the first may be.
    public var days = 8.0
    /// About how many rows of training_metrics.
    public var trainingRows = 2_200_000
    /// How many runs, of how many models.
    public var runs = 40
    /// How many models they train, at least 5.
    public var models = 12
    /// One loss in so many is NaN.
    public var lossesPerNaN = 50_000.0
    /// Seconds that a serving process waits before it reports again.
    public var servingInterval = 60.0
    /// Requests to each of them, as a multiple of 10 to 24 a minute.
    public var servingLoad = 1.0
    /// Seconds between two samples of a machine.
    public var machineInterval = 30.0

    /// The standard shape, up to `end`.
    public init(end: Int64) { self.end = end }

    /// Nanoseconds since 1970 after which all rows are.
    public var begin: Int64 { end - Int64(days * 86_400e9) }
}

/// All that is generated.
public struct SampleData: Sendable {
    /// What was asked for.
    public let shape: SampleShape
    /// All models.
    public let models: [SampleModel]
    /// All runs.
    public let runs: [SampleRun]
    /// All serving processes.
    public let servers: [SampleServer]

    /// Decides on models, runs and servers; their rows are made when they are asked for.
    public init(_ shape: SampleShape) {
        self.shape = shape
        models = SampleModel.all(shape)
        runs = SampleRun.all(shape, models)
        servers = SampleServer.all(shape, models)
    }
}
