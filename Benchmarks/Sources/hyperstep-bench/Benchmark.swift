/// One group of measurements. To add one, write a file with a value of this and name it in ``Benchmark/all``.
struct Benchmark: Sendable {
    /// The first part of its measurements' names, by which `--filter` picks it.
    let name: String
    /// What it measures, for `--list`.
    let summary: String
    let run: @Sendable (Scale, (Measurement) -> Void) throws -> Void

    static let all: [Benchmark] = [
        .ring, .run, .scalar, .monitor, .metrics, .percentiles, .wire, .system, .footprint, .neverInTheWay,
        .ingest, .questions,
    ]
}

/// How long to measure.
struct Scale: Sendable {
    /// 1, or less for a quick look.
    let factor: Double
    func count(_ full: Int) -> Int { max(10, Int(Double(full) * factor)) }
}
