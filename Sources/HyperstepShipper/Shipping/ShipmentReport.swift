/// What became of the records of one stream so far.
public struct StreamReport: Equatable, Sendable {
    /// In the database.
    public let committed: UInt64
    /// In files of the state directory, to be sent later.
    public let spooled: UInt64
    /// Lost: there was no room, or recording had ended.
    public let dropped: UInt64
    /// Refused by the collector or its database, which the log has explained; the bytes are kept. And records of which no
    /// batch can be made, a mistake of ours: of those there are none.
    public let rejected: UInt64
    /// Committed, and not in the database any more: it was replaced, or restored from an older backup.
    public let missing: UInt64

    init(
        committed: UInt64 = 0, spooled: UInt64 = 0, dropped: UInt64 = 0, rejected: UInt64 = 0,
        missing: UInt64 = 0
    ) {
        self.missing = missing
        self.committed = committed
        self.spooled = spooled
        self.dropped = dropped
        self.rejected = rejected
    }
}

/// What became of the training steps of one recorder so far, and of its other records.
public struct ShipmentReport: Equatable, Sendable {
    /// Steps in the database.
    public let committed: UInt64
    /// Steps in files of the state directory, to be sent later.
    public let spooled: UInt64
    /// Steps lost: there was no room, or the run had finished.
    public let dropped: UInt64
    /// Steps refused by the collector or its database, which the log has explained; the bytes are kept.
    public let rejected: UInt64
    /// Steps that were committed and are not in the database any more: it was replaced, or restored from an older backup.
    public let missing: UInt64
    /// The streams that the recorder has besides its steps and its run's events. For windows, `dropped` counts
    /// what was recorded after the end.
    public let others: [StreamKind: StreamReport]
    /// Whether all that was said of the run itself is in the database.
    public let hasEvents: Bool

    init(
        committed: UInt64, spooled: UInt64, dropped: UInt64, rejected: UInt64,
        missing: UInt64 = 0, others: [StreamKind: StreamReport] = [:], hasEvents: Bool = true
    ) {
        self.committed = committed
        self.spooled = spooled
        self.dropped = dropped
        self.rejected = rejected
        self.missing = missing
        self.others = others
        self.hasEvents = hasEvents
    }

    init(_ streams: [StreamKind: StreamReport]) {
        let steps = streams[.steps] ?? StreamReport()
        let events = streams[.events] ?? StreamReport()
        self.init(
            committed: steps.committed, spooled: steps.spooled, dropped: steps.dropped,
            rejected: steps.rejected, missing: steps.missing,
            others: streams.filter { $0.key != .steps && $0.key != .events },
            hasEvents: [events.spooled, events.dropped, events.rejected].allSatisfy { $0 == 0 })
    }
}
