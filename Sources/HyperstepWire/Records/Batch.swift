#if canImport(FoundationEssentials)
    public import struct FoundationEssentials.UUID
#else
    public import struct Foundation.UUID
#endif

/// The records `firstPosition ..< lastPosition` of one stream: what one request carries.
public struct Batch: Equatable, Sendable {
    /// The stream that the records belong to.
    public var stream: UUID
    /// The first record's position. Positions count from 0 and are never used again.
    public var firstPosition: UInt64
    /// How many positions the batch covers, those that hold no record included.
    public var positionCount: UInt64
    /// Offsets from `firstPosition`, ascending, of positions that hold no record.
    public var voidOffsets: [UInt32]
    /// Records of this stream dropped so far because recorder and spool were full: a running total.
    public var droppedRecords: UInt64
    /// What the batch holds.
    public var records: Records

    /// The records of one batch, all of one kind.
    public enum Records: Equatable, Sendable {
        /// Nothing: the stream moves on without these positions.
        case skip(Skip)
        /// Training steps, one row per position that is not void.
        case trainingSteps(TrainingSteps)
        /// Run events, one per position that is not void.
        case runEvents([RunEvent])
        /// Numbers under names of the user's own, one row per position that is not void.
        case scalars(Scalars)
        /// What a serving process did, one window per position that is not void.
        case inferenceWindows(InferenceWindows)
        /// Samples of the machine, one row per position that is not void.
        case systemSamples(SystemSamples)
        /// Experiment events, one per position that is not void.
        case experimentEvents([ExperimentEvent])
        /// What a process' instruments counted and measured, one row per position that is not void.
        case seriesWindows(SeriesWindows)
    }

    /// Creates a batch. Whether it obeys the contract is checked when it is encoded.
    public init(
        stream: UUID, firstPosition: UInt64, positionCount: UInt64, voidOffsets: [UInt32] = [],
        droppedRecords: UInt64 = 0, records: Records
    ) {
        self.stream = stream
        self.firstPosition = firstPosition
        self.positionCount = positionCount
        self.voidOffsets = voidOffsets
        self.droppedRecords = droppedRecords
        self.records = records
    }

    /// The position after the last record's: what an ack of this batch says.
    public var lastPosition: UInt64 { firstPosition &+ positionCount }
}
