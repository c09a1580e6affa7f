/// Whether chunks are gone that should be.
struct RetentionCheck: Sendable {
    var relation: String
    /// As declared; nil is never.
    var retention: PolicyDuration?
    var chunks: [ChunkFacts]
    /// Seconds since 1970.
    var now: Double

    /// Time for the policy's job to come round: TimescaleDB's own does so once a day.
    static let slack = 36 * 3_600.0

    var findings: [Finding] {
        guard let retention else { return [] }
        let overdue = chunks.filter { $0.end < now - Double(retention.seconds) - Self.slack }
        guard let oldest = overdue.first else { return [] }
        return [
            Finding(
                .warning, "retention",
                "\(overdue.count) chunks of \(relation) are older than \(retention), from \(JSONText.timestamp(oldest.start)) on",
                remedy: "see the retention job in policies status; policies plan shows whether there is one")
        ]
    }
}
