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
public struct Resume: Sendable, Hashable {
    /// The run that goes on.
    public let id: UUID
    /// The first step of the new attempt.
    public let fromStep: Int
    /// The attempt, where it was given; the one that was found is ``Run/attempt``.
    public let attempt: Int?

    /// The next attempt of a run, whose first step is `fromStep` (0 or more): what earlier attempts recorded from
    /// there on stays in the table `training_metrics` and is not in the view `training_steps` any more.
    ///
    /// `attempt` is 1 to 32,767. Where it is nil, it is one more than the highest that this machine's
    /// ``Settings/directory`` or the collector knows. Processes of one run that record side by side (ranks) have
    /// to agree on it: start rank 0 without one, and give its ``Run/attempt`` to the others.
    public static func run(_ id: UUID, fromStep: Int, attempt: Int? = nil) -> Resume {
        Resume(id: id, fromStep: fromStep, attempt: attempt)
    }
}
