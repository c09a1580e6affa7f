public import HyperstepRecorder
public import HyperstepWire

#if canImport(FoundationEssentials)
public import struct FoundationEssentials.UUID
#else
public import struct Foundation.UUID
#endif

/// One stream of a recorder from its oldest record kept to its newest, wherever they wait: the oldest in spool
/// files, the newest in the ring.
///
/// For one consumer at a time. What the shipper sends and what `hyperstep-collector replay` writes both come
/// from here.
public final class StreamReader {
    /// The stream.
    public let stream: UUID
    private let ring: any RingSource
    private let spool: Spool
    /// Positions that are given up, by their first: a skip is sent in their place.
    private var skips: [UInt64: (last: UInt64, skip: Skip)] = [:]

    /// A batch as it is kept: spooled ones are encoded already.
    public struct Piece {
        /// The first position it covers, at or below the one asked for.
        public let first: UInt64
        /// The position after the last it covers.
        public let last: UInt64
        /// The batch as the body of a request.
        public let bytes: [UInt8]
    }

    init(ring: any RingSource, spool: Spool) {
        stream = ring.stream
        self.ring = ring
        self.spool = spool
    }
}
