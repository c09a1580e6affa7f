/// Tells whether the collector can do its work now.
public protocol ReadinessProbe: Sendable {
    /// The answer, in a few seconds at most. It may be asked often and from several places at once.
    func check() async -> Readiness
}

extension DatabaseReadiness: ReadinessProbe {}
