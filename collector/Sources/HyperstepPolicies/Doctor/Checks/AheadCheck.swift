/// Whether a real-time aggregate is computed ahead of now, so that it does not show rows that come.
struct AheadCheck: Sendable {
    var aggregates: [AggregateStatus]
    /// Seconds since 1970.
    var now: Double

    var findings: [Finding] {
        aggregates.compactMap { AheadNote($0, now: now) }.map {
            Finding(.warning, "ahead", $0.found, remedy: $0.remedy)
        }
    }
}
