import HyperstepPostgres

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A plan, or what became of it, for a person or a script.
public struct PlanReport: Sendable {
    private let edition: Edition
    private let plan: PolicyPlan
    private let outcomes: [PolicyOutcome]?

    /// - Parameter outcomes: what became of the changes; nil if nothing was tried.
    public init(edition: Edition, plan: PolicyPlan, outcomes: [PolicyOutcome]? = nil) {
        self.edition = edition
        self.plan = plan
        self.outcomes = outcomes
    }

    /// A line for each change, columns aligned, with what it drops and, if asked for, its statements below it;
    /// notes come last.
    public func text(sql: Bool = false) -> String {
        var lines = plan.changes.isEmpty ? ["the database has what is declared"] : []
        let width = Self.width(plan.changes)
        for change in plan.changes {
            lines.append(Self.line(change, width: width))
            if change.dropsData { lines.append("    \(Self.lossLine(change))") }
            if sql { lines += change.sql.map { "    " + Self.statement($0) } }
        }
        return (lines + plan.notes.map { "note: \($0)" }).joined(separator: "\n")
    }

    /// One change, its name filled up to `width`.
    public static func line(_ change: PolicyChange, width: Int) -> String {
        let name = "\(change.relation).\(change.setting):"
        let padding = String(repeating: " ", count: max(0, width - name.count))
        return "\(name)\(padding) \(change.from) → \(change.to)"
    }

    /// The width that aligns `changes`.
    public static func width(_ changes: [PolicyChange]) -> Int {
        changes.map { "\($0.relation).\($0.setting):".count }.max() ?? 0
    }

    /// What a change that drops data drops.
    public static func lossLine(_ change: PolicyChange) -> String {
        switch change.loss {
        case nil: "drops data"
        case let loss? where loss.isEmpty: "drops nothing now, and from then on what reaches that age"
        case let loss?: "drops \(loss)"
        }
    }

    private static func statement(_ sql: String) -> String {
        sql.split(whereSeparator: \.isNewline).joined(separator: "\n    ") + ";"
    }

    /// One JSON object, its keys sorted; see `docs/policies.md`.
    public var json: String {
        let changes = plan.changes.enumerated().map { index, change in
            ChangeObject(change, outcomes?[index].result)
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let object = PlanObject(changes: changes, edition: edition.rawValue, notes: plan.notes)
        return (try? encoder.encode(object)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }
}

private struct PlanObject: Encodable {
    let changes: [ChangeObject]
    let edition: String
    let notes: [String]
}

private struct ChangeObject: Encodable {
    let change: PolicyChange
    let result: PolicyOutcome.Result?

    init(_ change: PolicyChange, _ result: PolicyOutcome.Result?) {
        self.change = change
        self.result = result
    }

    enum CodingKeys: String, CodingKey {
        case relation, setting, from, to, sql, loss, outcome, reason
        case dropsData = "drops_data"
        case needsOwner = "needs_owner"
    }

    func encode(to encoder: any Encoder) throws {
        var object = encoder.container(keyedBy: CodingKeys.self)
        try object.encode(change.relation, forKey: .relation)
        try object.encode(change.setting, forKey: .setting)
        try object.encode(change.from, forKey: .from)
        try object.encode(change.to, forKey: .to)
        try object.encode(change.sql, forKey: .sql)
        try object.encode(change.dropsData, forKey: .dropsData)
        try object.encode(change.needsOwner, forKey: .needsOwner)
        // Null rather than left out: a script finds the same keys always.
        try object.encode(change.loss?.description, forKey: .loss)
        guard let result else { return }
        try object.encode(result.word, forKey: .outcome)
        try object.encode(result.reason, forKey: .reason)
    }
}

extension PolicyOutcome.Result {
    /// `done`, `failed` or `skipped`.
    public var word: String {
        switch self {
        case .done: "done"
        case .failed: "failed"
        case .skipped: "skipped"
        }
    }

    /// Why it was not done; nil if it was.
    public var reason: String? {
        switch self {
        case .done: nil
        case .failed(let error): error.description
        case .skipped(let reason): reason
        }
    }
}
