/// What a stream's records are.
public enum StreamKind: String, Sendable, Hashable, CaseIterable {
    /// A run's beginning, end and changes.
    case events
    /// Training steps.
    case steps
    /// Values of named metrics.
    case scalars
    /// Events of experiments.
    case experiments
    /// Samples of the machine.
    case samples
    /// Windows of monitored models.
    case windows
    /// Windows of instruments' series.
    case series

    /// Whether it ends later than recording: with what was counted last.
    var isOfWindows: Bool { self == .windows || self == .series }
}
