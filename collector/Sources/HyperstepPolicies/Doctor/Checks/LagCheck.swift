/// Whether aggregates are computed as far as they should be.
struct LagCheck: Sendable {
    var aggregates: [AggregateStatus]
    var policies: PolicySet

    /// Besides what the declared schedule explains.
    static let slack = 600.0

    var findings: [Finding] {
        let findings = aggregates.compactMap(finding)
        guard findings.isEmpty, !aggregates.isEmpty else { return findings }
        return [Finding(.ok, "lag", "\(aggregates.count) aggregates are computed as far as they should be")]
    }

    private func finding(_ status: AggregateStatus) -> Finding? {
        guard let lag = status.lag, lag > allowed(status.aggregate) else { return nil }
        let until =
            status.computedUntil.map { "computed until \(JSONText.timestamp($0))" } ?? "not computed at all"
        return Finding(
            .warning, "lag",
            "\(status.aggregate.name) is \(until), \(Quantity.seconds(lag)) behind the newest row",
            remedy: status.kind == .kept
                ? "a collector must be running: hyperstep-collector serve"
                : "see its refresh job in policies status, or run policies refresh \(status.aggregate.name)")
    }

    /// An aggregate of an aggregate waits for that one too. A round is missed now and then.
    func allowed(_ aggregate: Aggregate) -> Double {
        let policy = policies[aggregate]
        let own = policy.refreshEnd.seconds + 2 * policy.refreshEvery.seconds + policy.bucket.seconds
        return Double(own) + (aggregate.base.map { allowed($0) } ?? Self.slack)
    }
}
