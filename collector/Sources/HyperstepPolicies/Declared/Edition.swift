/// Which TimescaleDB a database runs.
public enum Edition: String, Sendable {
    /// Everything: columnstore, continuous aggregates, jobs.
    case community
    /// Hypertables alone; what it lacks the collector does, compression aside.
    case apache
}
