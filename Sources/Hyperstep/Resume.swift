#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// Which run a process goes on with, and where.
///
/// ```swift
/// let run = try Run.start(
///     project: "digits", name: "mlp-32", model: "digits-mlp",
///     resume: .run(checkpoint.runID, fromStep: checkpoint.step))
/// ```
public enum Resume: Sendable, Hashable {
    /// The next attempt of a run, whose first step is `fromStep` (0 or more): what earlier attempts recorded from
    /// there on stays in the table `training_metrics` and is not in the view `training_steps` any more.
    ///
    /// `attempt` is 1 to 32,767. Where it is nil, it is one more than the highest that this machine's
    /// ``Settings/directory`` or the collector knows. Processes of one run that record side by side (ranks) have
    /// to agree on it: start rank 0 without one, and give its ``Run/attempt`` to the others.
    case run(UUID, fromStep: Int, attempt: Int? = nil)

    /// The run that goes on.
    var id: UUID {
        switch self {
        case .run(let id, _, _): id
        }
    }

    /// The first step of the new attempt.
    var fromStep: Int {
        switch self {
        case .run(_, let step, _): step
        }
    }

    /// The attempt, where it was given.
    var attempt: Int? {
        switch self {
        case .run(_, _, let attempt): attempt
        }
    }
}
