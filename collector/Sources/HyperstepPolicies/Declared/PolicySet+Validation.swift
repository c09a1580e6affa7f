/// A rule that does not hold.
struct PolicyViolation {
    /// The keys whose values do not go together, the one to change first.
    let keys: [PolicyKey]
    /// The values, the rule, and what to do; it reads well beside any of the keys.
    let reason: String
}

extension PolicySet {
    /// Refuses policies that cannot work together, before any SQL runs.
    ///
    /// `PolicyFile` does this by itself. A `refreshStart` of nil means without limit here, which does not go
    /// with a retention: see ``standardRefreshStart(of:)``.
    ///
    /// - Throws: ``PolicyErrors`` with every rule that does not hold, and no file or line.
    public func validate() throws(PolicyErrors) {
        let errors = violations.map { PolicyError(key: $0.keys[0].description, reason: $0.reason) }
        if !errors.isEmpty { throw PolicyErrors(errors) }
    }

    /// Every rule that does not hold, hypertables first.
    var violations: [PolicyViolation] {
        Hypertable.allCases.flatMap { HypertableRules(self, $0).violations }
            + Aggregate.allCases.flatMap { AggregateRules(self, $0).violations }
    }

    /// What two keys and their values are called in a sentence: `compress_after is 1 day`.
    func said(_ key: PolicyKey) -> String { "\(key) is \(text(of: key))" }
}
