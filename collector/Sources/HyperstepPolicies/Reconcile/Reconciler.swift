public import HyperstepPostgres
public import Logging

/// Puts back what differs from what is declared, as far as a collector that nobody watches may, and logs it.
///
/// It makes no aggregate anew, as that loses history, and waits for locks so shortly that writers do not notice.
public struct Reconciler {
    /// A change that cannot have its locks, or is not done, in this time is tried again in the next round.
    static let limits = PolicyExecutor.Limits(lock: .milliseconds(300), statement: .seconds(10))

    private let logger: Logger
    private var spells = OncePerSpell()
    /// Chunk intervals for `auto`, and when they were measured.
    private var advice: (intervals: [Hypertable: PolicyDuration], at: ContinuousClock.Instant)?

    /// One that has said nothing yet.
    public init(logger: Logger) { self.logger = logger }

    /// Brings the database to what is declared.
    ///
    /// - Returns: what became of each change.
    /// - Throws: ``PostgresError`` if the database cannot be asked, or is lost.
    @discardableResult
    public mutating func reconcile(
        _ connection: PostgresConnection, _ declared: PolicySet
    ) throws(PostgresError) -> [PolicyOutcome] {
        var observed = try ObservedDatabase(connection)
        observed.take(try advice(connection, declared))
        let plan = PolicyPlan.between(declared, observed)
        for note in plan.notes where spells.isNews(note) { logger.notice("\(note)") }
        let outcomes = try PolicyExecutor(connection, limits: Self.limits).run(
            plan.changes, unless: { Self.refusal($0, observed) })
        for outcome in outcomes { say(outcome) }
        spells.endRound()
        return outcomes
    }

    /// Rates change slowly, and measuring them costs more than everything else: not in every round.
    private mutating func advice(
        _ connection: PostgresConnection, _ declared: PolicySet
    ) throws(PostgresError) -> [Hypertable: PolicyDuration] {
        guard Hypertable.allCases.contains(where: { declared[$0].chunkInterval == .auto }) else { return [:] }
        if let advice, .now < advice.at + .seconds(600) { return advice.intervals }
        let measured = try ChunkAdvice.measure(connection).compactMapValues(\.interval)
        advice = (measured, .now)
        return measured
    }

    /// Why a change is left to a person; nil if it is not.
    static func refusal(_ change: PolicyChange, _ observed: ObservedDatabase) -> String? {
        guard change.needsOwner else { return nil }
        if change.dropsData { return "it drops data: run hyperstep-collector policies apply" }
        guard !observed.isOwner else { return nil }
        return "only the owner of the tables may do it: run hyperstep-collector policies apply as that role"
    }

    private mutating func say(_ outcome: PolicyOutcome) {
        let change = outcome.change
        var metadata: Logger.Metadata = [
            "relation": "\(change.relation)", "setting": "\(change.setting)", "from": "\(change.from)",
            "to": "\(change.to)",
        ]
        switch outcome.result {
        case .done: logger.notice("policy put back to what is declared", metadata: metadata)
        case .skipped(let reason):
            guard spells.isNews("\(change) \(reason)") else { return }
            metadata["reason"] = "\(reason)"
            logger.warning("policy differs from what is declared", metadata: metadata)
        case .failed(let error):
            guard spells.isNews("\(change) \(error.code)") else { return }
            metadata["reason"] = "\(error)"
            let willPass = error.kind == .retryable
            logger.log(
                level: willPass ? .info : .error,
                willPass ? "policy cannot be put back yet" : "policy cannot be put back", metadata: metadata)
        }
    }
}
