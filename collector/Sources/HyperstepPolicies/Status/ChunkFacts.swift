/// One chunk, as the catalog has it.
struct ChunkFacts: Sendable, Equatable {
    /// Qualified and quoted, for SQL.
    var name: String
    /// Seconds since 1970.
    var start: Double
    /// Seconds since 1970.
    var end: Double
    /// Whether rows of it are in the columnstore.
    var isCompressed = false
    /// Whether direct compress put rows into it since it was last ordered.
    var isUnordered = false
    /// Pages of its row store now.
    var pages: Int64 = 0
    /// Rows in its row store when it was last analyzed; negative if never.
    var analyzedRows: Double = -1
    /// Pages of its row store at that time.
    var analyzedPages: Int64 = 0
    /// Of row store, columnstore, indexes and TOAST.
    var totalBytes: Int64 = 0
    /// Of what is in the columnstore, before it was put there; nil if it came in directly.
    var bytesBefore: Int64?
    /// Of what is in the columnstore; nil if nothing is.
    var bytesAfter: Int64?
    /// Rows in the columnstore when they were put there; nil if they came in directly.
    var compressedRows: Int64?
    /// The columnstore's table, qualified and quoted; nil where nothing is in it, or where this release of TimescaleDB does
    /// not tell.
    var columnstore: String?

    /// Whether its rows in the columnstore have to be counted there.
    var needsCount: Bool { isCompressed && (compressedRows == nil || isUnordered) }

    /// Whether nothing says how many rows a page of its row store has.
    var needsSample: Bool { pages > 0 && (analyzedRows < 0 || analyzedPages == 0) }
}
