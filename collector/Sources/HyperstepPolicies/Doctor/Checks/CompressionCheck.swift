/// Whether chunks are in the columnstore that should be.
struct CompressionCheck: Sendable {
    var relation: String
    /// As declared; nil is never.
    var compressAfter: PolicyDuration?
    var chunks: [ChunkFacts]
    /// Seconds since 1970.
    var now: Double

    /// Time for the policy's job to come round.
    static let slack = 12 * 3_600.0

    var findings: [Finding] {
        guard let compressAfter else { return [] }
        let due = now - Double(compressAfter.seconds) - Self.slack
        let late = chunks.filter { !$0.isCompressed && $0.end < due && $0.pages > 0 }
        guard let oldest = late.first else { return [] }
        let bytes = late.reduce(0) { $0 + $1.totalBytes }
        return [
            Finding(
                .warning, "compression",
                """
                \(late.count) chunks of \(relation) are older than \(compressAfter) and not compressed \
                (\(Quantity.bytes(bytes)), from \(JSONText.timestamp(oldest.start)) on)
                """,
                remedy: "see the compression job in policies status; policies plan shows whether there is one"
            )
        ]
    }
}
