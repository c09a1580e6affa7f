import HyperstepPostgres

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
        case let loss? where loss.isEmpty && change.setting == AggregateKey.bucket.name:
            "drops nothing that is not computed anew"
        case let loss? where loss.isEmpty: "drops nothing now, and from then on what reaches that age"
        case let loss?: "drops \(loss)"
        }
    }

    private static func statement(_ sql: String) -> String {
        sql.split(whereSeparator: \.isNewline).joined(separator: "\n    ") + ";"
    }

    /// One JSON object in one line, always with the same keys; see `docs/policies.md`.
    public var json: String {
        let changes = plan.changes.enumerated().map { index, change in
            change.json(outcomes?[index].result)
        }
        return JSONText.object([
            ("edition", .string(edition.rawValue)), ("changes", .array(changes)),
            ("notes", .array(plan.notes.map(JSONText.string))),
        ]).description
    }
}

extension PolicyChange {
    fileprivate func json(_ result: PolicyOutcome.Result?) -> JSONText {
        var members: [(String, JSONText)] = [
            ("relation", .string(relation)), ("setting", .string(setting)), ("from", .string(from)),
            ("to", .string(to)), ("drops_data", .bool(dropsData)),
            ("loss", .orNull(loss.flatMap { $0.isEmpty ? nil : $0 }) { .string($0.description) }),
            ("needs_owner", .bool(needsOwner)),
            ("sql", .array(sql.map(JSONText.string))),
        ]
        if let result {
            members.append(("outcome", .string(result.word)))
            members.append(("reason", .orNull(result.reason, JSONText.string)))
        }
        return .object(members)
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
