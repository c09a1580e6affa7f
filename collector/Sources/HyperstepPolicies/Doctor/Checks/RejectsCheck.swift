/// Whether the database refused batches.
struct RejectsCheck: Sendable {
    /// Counted up to ``most``.
    var count: Int64
    /// Seconds since 1970.
    var newest: Double?

    static let most: Int64 = 10_000

    var findings: [Finding] {
        guard count > 0 else { return [Finding(.ok, "rejects", "no batch was refused")] }
        let some = count >= Self.most ? "\(Self.most) or more" : "\(count)"
        return [
            Finding(
                .warning, "rejects",
                "\(some) batches were refused by the database, the newest at \(newest.map(JSONText.timestamp) ?? "an unknown time")",
                remedy:
                    "look into ingest_rejects; docs/operations.md says how to send them again, delete them when done"
            )
        ]
    }
}
