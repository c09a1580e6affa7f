#if canImport(FoundationEssentials)
    public import struct FoundationEssentials.UUID
#else
    public import struct Foundation.UUID
#endif

/// The collector's word that a stream is committed up to a position.
public struct IngestAck: Equatable, Sendable {
    /// The stream.
    public var stream: UUID
    /// The position that the collector expects next: all before it is committed.
    public var nextPosition: UInt64
    /// Why records of this batch were refused for good: they were not written, and the stream moved on. Empty: all
    /// were written, now or before.
    public var rejectedReason: String
    /// How many of its records were refused; the others were written. With a reason, 0 says all of them.
    public var rejectedCount: UInt64

    /// Creates an ack.
    public init(stream: UUID, nextPosition: UInt64, rejectedReason: String = "", rejectedCount: UInt64 = 0) {
        self.stream = stream
        self.nextPosition = nextPosition
        self.rejectedReason = rejectedReason
        self.rejectedCount = rejectedCount
    }
}
