/// What a change would take away if it were made now.
public struct DataLoss: Sendable, Equatable {
    /// What is counted.
    public enum Unit: Sendable, Equatable {
        /// Rows, which go with their chunks.
        case rows(chunks: Int)
        /// Buckets of an aggregate whose rows are gone, so that they cannot be computed again.
        case buckets
    }

    /// What is counted.
    public var unit: Unit
    /// How many.
    public var count: Int64
    /// The first and last point in time, in UTC; nil if nothing goes.
    public var span: (from: String, to: String)?

    /// All of it.
    public init(_ unit: Unit, count: Int64, span: (from: String, to: String)?) {
        self.unit = unit
        self.count = count
        self.span = span
    }

    /// Whether anything goes.
    public var isEmpty: Bool {
        if case .rows(let chunks) = unit, chunks > 0 { return false }
        return count == 0
    }

    /// The same to the last digit.
    public static func == (left: Self, right: Self) -> Bool {
        left.unit == right.unit && left.count == right.count && left.span?.from == right.span?.from
            && left.span?.to == right.span?.to
    }
}

extension DataLoss: CustomStringConvertible {
    /// As `3 chunks with 1200 rows, 2025-01-01 00:00:00 to 2025-01-01 03:00:00 UTC`.
    public var description: String {
        let counted =
            switch unit {
            case .rows(let chunks): "\(Self.plural(Int64(chunks), "chunk")) with \(Self.plural(count, "row"))"
            case .buckets: "\(Self.plural(count, "bucket")) whose rows are gone"
            }
        guard let span else { return counted }
        return "\(counted), \(span.from) to \(span.to) UTC"
    }

    private static func plural(_ count: Int64, _ noun: String) -> String {
        "\(count) \(noun)\(count == 1 ? "" : "s")"
    }
}
