/// Whether what is committed survives a power cut.
struct DurabilityCheck: Sendable {
    var fsync: Bool
    var fullPageWrites: Bool
    /// `synchronous_commit`.
    var synchronousCommit: String

    var findings: [Finding] {
        var findings: [Finding] = []
        if !fsync {
            findings.append(
                Finding(
                    .error, "durability",
                    "fsync is off: a power cut loses acknowledged records, or the whole database",
                    remedy: "set fsync = on"))
        }
        if !fullPageWrites {
            findings.append(
                Finding(
                    .warning, "durability", "full_page_writes is off: a power cut may damage pages",
                    remedy: "set full_page_writes = on, unless the file system writes pages as a whole"))
        }
        if synchronousCommit == "off" {
            findings.append(
                Finding(
                    .note, "durability",
                    "synchronous_commit is off; the collector turns it on for its own sessions, others are not safe",
                    remedy: "set synchronous_commit = on"))
        }
        return findings.isEmpty ? [Finding(.ok, "durability", "what is committed is on disk")] : findings
    }
}
