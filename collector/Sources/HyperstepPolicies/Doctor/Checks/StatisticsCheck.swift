/// Whether the planner is kept informed, and how large the database is.
struct StatisticsCheck: Sendable {
    var autovacuum: Bool
    var trackCounts: Bool
    /// Of the whole database.
    var bytes: Int64

    var findings: [Finding] {
        let size = Finding(
            .ok, "disk", "the database takes \(Quantity.bytes(bytes)); SQL does not see what is free")
        guard !autovacuum || !trackCounts else { return [size] }
        let off = [(autovacuum, "autovacuum"), (trackCounts, "track_counts")].filter { !$0.0 }.map(\.1)
        return [
            size,
            Finding(
                .warning, "statistics",
                "\(off.joined(separator: " and ")) \(off.count == 1 ? "is" : "are") off: chunks are never analyzed, plans and estimates are poor",
                remedy: "set \(off.map { "\($0) = on" }.joined(separator: " and "))"),
        ]
    }
}
