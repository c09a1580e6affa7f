public import HyperstepPostgres

/// What became of one change.
public struct PolicyOutcome: Sendable, Equatable {
    /// How it ended.
    public enum Result: Sendable, Equatable {
        /// The database has it now.
        case done
        /// The database refused; nothing of this change is kept.
        case failed(PostgresError)
        /// It was not tried, for this reason.
        case skipped(String)
    }

    /// The change.
    public let change: PolicyChange
    /// How it ended.
    public let result: Result

    /// An outcome.
    public init(_ change: PolicyChange, _ result: Result) {
        self.change = change
        self.result = result
    }
}
