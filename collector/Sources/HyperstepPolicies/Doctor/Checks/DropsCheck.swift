/// Whether producers had to drop records.
struct DropsCheck: Sendable {
    /// Streams with drops.
    var streams: Int64
    /// Records that they dropped.
    var records: Double

    var findings: [Finding] {
        guard streams > 0 else { return [Finding(.ok, "drops", "no producer dropped a record")] }
        return [
            Finding(
                .warning, "drops",
                "\(streams) streams dropped \(Quantity.count(records)) records: their buffers were full",
                remedy: """
                    keep a collector running and near, or raise Settings.spoolLimit and ringCapacity; see \
                    ingest_streams.dropped for which runs
                    """)
        ]
    }
}
