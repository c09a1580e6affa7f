import HyperstepPolicies

/// Whether rows are compressed on their way in; the setting `direct.compress`.
public enum DirectCompress: String, Sendable, CaseIterable {
    /// Where server and table can do it and enough rows of a segment come at once.
    case auto
    /// Never.
    case off
}

/// Which tables' rows one connection may compress on their way in, for now.
struct DirectCompression {
    /// How long a table is left alone whose rows the server would not compress.
    static let pause: Duration = .seconds(600)

    private let mode: DirectCompress
    private var pausedUntil: [Hypertable: ContinuousClock.Instant] = [:]

    init(_ mode: DirectCompress) { self.mode = mode }

    /// Whether rows may be compressed into `table`, whose segments are known by `columns`.
    func allows(_ table: Hypertable, segmentColumns columns: Set<String>, _ facts: WriteFacts) -> Bool {
        guard mode == .auto, let segmentBy = facts.compressible[table], segmentBy.isSubset(of: columns) else {
            return false
        }
        return pausedUntil[table].map { $0 <= .now } ?? true
    }

    /// The server stored the rows as they were.
    mutating func fellBack(_ table: Hypertable) { pausedUntil[table] = .now + Self.pause }
}
