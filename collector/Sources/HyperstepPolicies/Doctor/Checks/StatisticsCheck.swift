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
        return [
            size,
            Finding(
                .warning, "statistics",
                "\(autovacuum ? "track_counts" : "autovacuum") is off: chunks are never analyzed, plans and estimates are poor",
                remedy: "set \(autovacuum ? "track_counts" : "autovacuum") = on"),
        ]
    }
}
