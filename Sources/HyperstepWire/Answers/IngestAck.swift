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
    /// Why the database refused this batch's rows: they were kept aside in `ingest_rejects` and the stream
    /// moved on. Empty: they were written, now or before.
    public var rejectedReason: String

    /// Creates an ack.
    public init(stream: UUID, nextPosition: UInt64, rejectedReason: String = "") {
        self.stream = stream
        self.nextPosition = nextPosition
        self.rejectedReason = rejectedReason
    }
}
