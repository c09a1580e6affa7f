/// How a hypertable's columnstore lays out its rows.
public struct ColumnstoreSettings: Sendable, Equatable {
    /// Columns whose values stay together.
    public var segmentBy: [String]
    /// Order of rows within a segment.
    public var orderBy: [OrderColumn]

    /// Both.
    public init(segmentBy: [String], orderBy: [OrderColumn]) {
        self.segmentBy = segmentBy
        self.orderBy = orderBy
    }

    /// Reads what TimescaleDB shows: `model_id,run_id` and `"time" DESC`.
    init(segmentBy: String?, orderBy: String?) {
        self.segmentBy = Self.words(segmentBy).map { Self.unquoted($0[0]) }
        self.orderBy = Self.words(orderBy).map { words in
            OrderColumn(
                Self.unquoted(words[0]), descending: words.dropFirst().first?.uppercased() == "DESC")
        }
    }

    /// The items of a list, each as its words. Hyperstep's columns have no commas, blanks or quotes in them, and
    /// a list of other columns is drift however it is cut up.
    private static func words(_ list: String?) -> [[Substring]] {
        (list ?? "").split(separator: ",").map { $0.split(separator: " ") }.filter { !$0.isEmpty }
    }

    private static func unquoted(_ name: Substring) -> String { name.filter { $0 != "\"" } }
}
