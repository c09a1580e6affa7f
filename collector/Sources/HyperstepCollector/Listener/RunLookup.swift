public import HyperstepWire

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// Tells what is known of runs.
public protocol RunLookup: Sendable {
    /// The answer, in a few seconds at most. It may be asked from several places at once.
    func find(_ run: UUID) async -> RunFinding
}

/// What is known of a run.
public enum RunFinding: Sendable, Equatable {
    /// This.
    case known(RunState)
    /// Nothing.
    case unknown
    /// It cannot be told now; the reason is for a person.
    case unavailable(reason: String)
}

/// Knows no run.
public struct NoRuns: RunLookup {
    /// The one value.
    public init() {}

    /// Nothing.
    public func find(_ run: UUID) async -> RunFinding { .unknown }
}
