public import HyperstepRecorder
import HyperstepWire

#if canImport(FoundationEssentials)
    public import struct FoundationEssentials.UUID
#else
    public import struct Foundation.UUID
#endif

/// One stream of a recorder from its oldest record kept to its newest, wherever they wait: the oldest in spool
/// files, the newest in the ring.
///
/// For one consumer on one thread. What the shipper sends and what `hyperstep-collector replay` writes both
/// come from here.
public final class StreamReader {
    /// A batch as it is sent.
    public struct Piece {
        /// The first position it covers, at or below the one asked for.
        public let first: UInt64
        /// The position after the last it covers.
        public let last: UInt64
        /// The batch as the body of a request.
        public let bytes: [UInt8]
        /// Whether it stands for positions that were committed and let go: the database that had them has them no more.
        var isGone = false
    }

    /// The stream.
    public let stream: UUID
    /// What its records are.
    public let kind: StreamKind
    private let ring: any RingSource
    private let spool: Spool
    /// Where `spool.next()` goes on.
    private var spoolPosition: UInt64?
    /// All below this was let go.
    private var floor: UInt64
    /// Positions that are given up: a skip is sent in their place.
    private var skips: [(positions: Range<UInt64>, skip: Skip)] = []
    /// Of a run's events: what says again what the run is, in place of events that are gone.
    var announcement: (_ positions: Range<UInt64>) -> [RunEvent] = { _ in [] }
    /// Called once for each record of which no batch can be made, which is given up.
    var onUnsendable: (_ position: UInt64, _ reason: String) -> Void = { _, _ in }

    init(ring: any RingSource, spool: Spool) throws(RecorderError) {
        stream = ring.stream
        kind = ring.kind
        self.ring = ring
        self.spool = spool
        floor = ring.level.released
        // What is spooled lies below what the ring has released.
        switch try spool.next() {
        case .batch(let batch): floor = min(floor, batch.positions.lowerBound)
        case .lost(let positions): floor = min(floor, positions.lowerBound)
        case nil: break
        }
    }

    /// The oldest position that is still kept.
    public var start: UInt64 { floor }
    /// The position after the newest record's.
    public var end: UInt64 { max(ring.level.end, spool.end ?? 0) }
    /// Records dropped because there was no room.
    public var dropped: UInt64 { ring.level.dropped }
    /// How full the ring is, from 0 to 1.
    var fill: Double { ring.level.fill }
    /// How many positions from `position` on are there to be sent.
    func available(from position: UInt64) -> UInt64 { end - min(position, end) }
}

// MARK: - Reading

extension StreamReader {
    /// The batch that holds `position`, at most `limit` positions of it from the ring; nil when there is none
    /// yet.
    ///
    /// Positions that are gone (let go before, lost or given up) come as a batch that skips them.
    /// - Throws: `RecorderError` when a spool file cannot be read.
    public func piece(from position: UInt64, limit: Int) throws(RecorderError) -> Piece? {
        if position < floor { return piece(inPlaceOf: position..<floor) }
        let released = ring.level.released
        guard position < released else { return fromRing(position, limit: limit) }
        if let piece = try spooled(position) { return piece }
        return piece(
            skipping: position..<released,
            Skip(reason: .damaged, detail: "no spool file holds these positions"))
    }

    /// What is sent for positions that were committed and let go, since the database that had them was replaced or
    /// restored: a skip, and of a run's events at the last positions what the run is, so that it keeps its name.
    private func piece(inPlaceOf positions: Range<UInt64>) -> Piece? {
        let events = kind == .events ? announcement(positions) : []
        let first = positions.upperBound - min(UInt64(events.count), UInt64(positions.count))
        if first <= positions.lowerBound, !events.isEmpty {
            let batch = Batch(
                stream: stream, firstPosition: first, positionCount: positions.upperBound - first,
                droppedRecords: dropped, records: .runEvents(events))
            if var piece = try? Piece(batch) {
                piece.isGone = true
                return piece
            }
        }
        let skip = Skip(
            reason: .alreadyReleased,
            detail: "committed before; the database that had them was replaced or restored")
        let isAnnounced = first > positions.lowerBound
        var piece = piece(
            skipping: positions.lowerBound..<(isAnnounced ? first : positions.upperBound), skip)
        piece?.isGone = true
        return piece
    }

    private func spooled(_ position: UInt64) throws(RecorderError) -> Piece? {
        if spoolPosition != position { try spool.rewind(to: position) }
        switch try spool.next() {
        case nil:
            spoolPosition = nil
            return nil
        case .lost(let positions):
            spoolPosition = positions.upperBound
            let skip = Skip(reason: .damaged, detail: "the spool file is damaged at these positions")
            return piece(skipping: min(position, positions.lowerBound)..<positions.upperBound, skip)
        case .batch(let batch):
            spoolPosition = batch.positions.upperBound
            if let given = skips.first(where: { $0.positions == batch.positions }) {
                return piece(skipping: given.positions, given.skip)
            }
            return Piece(
                first: batch.positions.lowerBound, last: batch.positions.upperBound, bytes: batch.payload)
        }
    }

    private func fromRing(_ position: UInt64, limit: Int) -> Piece? {
        if let given = skips.first(where: { $0.positions.contains(position) }) {
            return piece(skipping: given.positions, given.skip)
        }
        let nextSkip = skips.map(\.positions.lowerBound).filter { $0 > position }.min() ?? .max
        var limit = min(limit, Int(clamping: nextSkip - position))
        // Batches from here obey the contract by construction; but what they are made of comes from a program's
        // texts and from files, and no program shall end for its metrics, nor one record take others with it.
        while let batch = ring.batch(from: position, limit: limit) {
            let problem: WireError
            do {
                return try Piece(batch)
            } catch {
                problem = error
            }
            guard batch.positionCount == 1 else {
                limit = Int(clamping: batch.positionCount / 2)
                continue
            }
            let skip = Skip(
                reason: .damaged, detail: String("no batch can be made of it: \(problem)".prefix(200)))
            giveUp(batch.firstPosition..<batch.lastPosition, skip)
            onUnsendable(batch.firstPosition, "\(problem)")
            return piece(skipping: batch.firstPosition..<batch.lastPosition, skip)
        }
        return nil
    }

    private func piece(skipping positions: Range<UInt64>, _ skip: Skip) -> Piece? {
        guard !positions.isEmpty else { return nil }
        let batch = Batch(
            stream: stream, firstPosition: positions.lowerBound, positionCount: UInt64(positions.count),
            droppedRecords: dropped, records: .skip(skip))
        do {
            return try Piece(batch)
        } catch {
            preconditionFailure("a skip breaks the contract: \(error)")
        }
    }
}

extension StreamReader.Piece {
    fileprivate init(_ batch: Batch) throws(WireError) {
        self.init(first: batch.firstPosition, last: batch.lastPosition, bytes: try batch.encoded())
    }
}

// MARK: - Letting go

extension StreamReader {
    /// All below `position` is committed: its slots and spool files are freed.
    ///
    /// - Throws: `RecorderError` when a spool file cannot be deleted.
    public func release(upTo position: UInt64) throws(RecorderError) {
        floor = max(floor, position)
        skips.removeAll { $0.positions.upperBound <= floor }
        ring.release(upTo: min(position, ring.level.end))
        try spool.acknowledge(upTo: position)
    }

    /// Gives positions up: `skip` is sent in their place from now on.
    func giveUp(_ positions: Range<UInt64>, _ skip: Skip) {
        skips.removeAll { $0.positions == positions }
        skips.append((positions, skip))
    }

    /// Moves batches from the ring to spool files until the ring is at most a quarter full.
    ///
    /// - Returns: false when the spool takes no more: its cap is reached or the disk is full.
    func spoolRing(limit: Int) throws(RecorderError) -> Bool {
        while ring.level.fill > 0.25 {
            guard let piece = fromRing(ring.level.released, limit: limit) else { return true }
            guard try spool.append(piece.bytes, first: piece.first, count: piece.last - piece.first) else {
                return false
            }
            // In this order: killed in between, the batch is in both, which the ledger sorts out.
            ring.release(upTo: piece.last)
            // The spool has the skip itself.
            skips.removeAll { $0.positions == piece.first..<piece.last }
        }
        return true
    }
}
