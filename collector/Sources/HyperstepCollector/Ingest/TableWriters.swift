import HyperstepPostgres
import HyperstepWire

/// The tables that rows are copied into, always in the same order, so that two writers which make chunks of
/// several tables do not wait for each other in a circle.
struct TableWriters: ~Copyable {
    private var trainingMetrics = TableWriter(TrainingStepsCopy())
    private var runMetrics = TableWriter(ScalarsCopy())
    private var modelPerformance = TableWriter(ModelPerformanceCopy())
    private var latencyHistogram = TableWriter(LatencyHistogramCopy())
    private var systemMetrics = TableWriter(SystemSamplesCopy())
    private var experiments = TableWriter(ExperimentEventsCopy())
    private var serviceMetrics: TableWriter<ServiceMetricsCopy>
    private var serviceHistogram: TableWriter<ServiceHistogramCopy>
    /// What each COPY in turn gathers its rows in.
    private var buffer = PostgresBinaryCopy()

    init() {
        let series = SeriesIDs()
        serviceMetrics = TableWriter(ServiceMetricsCopy(series))
        serviceHistogram = TableWriter(ServiceHistogramCopy(series))
    }

    /// Makes what the rows of `group` refer to, before its transaction begins.
    mutating func prepare(
        _ group: [PendingBatch], _ settings: WriterSettings, in session: DatabaseSession
    ) throws(PostgresError) {
        try runMetrics.prepare(group, settings, in: session)
        try serviceMetrics.prepare(group, settings, in: session)
    }

    /// Forgets the ids that it remembers: names were deleted or changed.
    mutating func forgetIDs() {
        runMetrics.forgetIDs()
        serviceMetrics.forgetIDs()
    }

    /// Those of these rows of a batch that are not written though the others are; none for most.
    func refused(of batch: Batch, _ rows: Range<Int>, _ settings: WriterSettings) -> RefusedRows? {
        runMetrics.refused(of: batch, rows, settings) ?? serviceMetrics.refused(of: batch, rows, settings)
    }

    /// Begins a transaction.
    mutating func begin(_ settings: WriterSettings, _ facts: WriteFacts) {
        trainingMetrics.begin(settings, facts)
        runMetrics.begin(settings, facts)
        modelPerformance.begin(settings, facts)
        latencyHistogram.begin(settings, facts)
        systemMetrics.begin(settings, facts)
        experiments.begin(settings, facts)
        serviceMetrics.begin(settings, facts)
        serviceHistogram.begin(settings, facts)
    }

    /// How far the rows of a batch may be written in this transaction: the first that is too many for one of
    /// their tables, or their end.
    mutating func admit(_ batch: PendingBatch, _ rows: Range<Int>) -> Int {
        switch batch.batch.records {
        case .skip, .runEvents: return rows.upperBound
        case .trainingSteps: return trainingMetrics.admit(batch, rows)
        case .scalars: return runMetrics.admit(batch, rows)
        case .systemSamples: return systemMetrics.admit(batch, rows)
        case .experimentEvents: return experiments.admit(batch, rows)
        case .inferenceWindows:
            let end = modelPerformance.admit(batch, rows)
            return latencyHistogram.admit(batch, rows.lowerBound..<end)
        case .seriesWindows:
            let end = serviceMetrics.admit(batch, rows)
            return serviceHistogram.admit(batch, rows.lowerBound..<end)
        }
    }

    /// Copies the rows into their tables.
    mutating func write(
        _ writes: [BatchRows], in session: DatabaseSession
    ) throws(PostgresError) -> CopyReport {
        var report = CopyReport()
        try trainingMetrics.write(writes, in: session, through: &buffer, &report)
        try runMetrics.write(writes, in: session, through: &buffer, &report)
        try modelPerformance.write(writes, in: session, through: &buffer, &report)
        try latencyHistogram.write(writes, in: session, through: &buffer, &report)
        try systemMetrics.write(writes, in: session, through: &buffer, &report)
        try experiments.write(writes, in: session, through: &buffer, &report)
        try serviceMetrics.write(writes, in: session, through: &buffer, &report)
        try serviceHistogram.write(writes, in: session, through: &buffer, &report)
        return report
    }
}
