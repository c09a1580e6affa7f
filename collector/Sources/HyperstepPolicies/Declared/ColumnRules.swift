/// The rules for the columns that one hypertable's columnstore is arranged by.
struct ColumnRules {
    private let hypertable: Hypertable
    private let policy: HypertablePolicy

    /// Beyond these the columnstore's segments hold next to nothing.
    private static let most = 8

    init(_ hypertable: Hypertable, _ policy: HypertablePolicy) {
        self.hypertable = hypertable
        self.policy = policy
    }

    var violations: [PolicyViolation] {
        let segmentBy = lines(.segmentBy, policy.segmentBy) { column, kind in
            switch kind {
            case .time: "time cannot be in segment_by: each row would be a segment; leave it in order_by"
            case .measurement, .json:
                """
                \(column) is a measurement, whose values hardly repeat: expected columns that say whose a row is, \
                such as \(examples); take it out
                """
            case .identity, .integer:
                policy.orderBy.contains { $0.column == column }
                    ? "\(column) is in segment_by and in order_by: take it out of one of them" : nil
            }
        }
        let orderBy = lines(.orderBy, policy.orderBy.map(\.column)) { column, kind in
            kind == .json ? "\(column) is JSON, which has no order worth having: take it out" : nil
        }
        return segmentBy + orderBy + (timeIsMissing.map { [$0] } ?? [])
    }

    private func violation(_ keys: HypertableKey..., reason: String) -> PolicyViolation {
        PolicyViolation(keys: keys.map { .hypertable(hypertable, $0) }, reason: reason)
    }

    /// What holds for both lists, and what `wrong` says of a column that exists.
    private func lines(
        _ key: HypertableKey, _ columns: [String], wrong: (String, ColumnKind) -> String?
    ) -> [PolicyViolation] {
        guard columns.count <= Self.most else {
            return [violation(key, reason: "expected at most \(Self.most) columns, got \(columns.count)")]
        }
        var seen = Set<String>()
        return columns.compactMap { column in
            guard let kind = hypertable.kind(of: column) else {
                let nearest = Spelling.nearest(to: column, in: hypertable.columns.map(\.name)) ?? ""
                return violation(
                    key,
                    reason: """
                        \(hypertable.name) has no column \(PolicyText.quoted(column)); the nearest is \(nearest)
                        """)
            }
            guard seen.insert(column).inserted else {
                return violation(key, reason: "\(column) is named twice: take one out")
            }
            guard let reason = wrong(column, kind) else { return nil }
            return key == .segmentBy && kind != .time && kind != .measurement && kind != .json
                ? violation(.segmentBy, .orderBy, reason: reason) : violation(key, reason: reason)
        }
    }

    private var timeIsMissing: PolicyViolation? {
        guard !policy.orderBy.contains(where: { $0.column == "time" }) else { return nil }
        return violation(
            .orderBy,
            reason: "time is not in it, without which every question reads all of a segment: add time desc")
    }

    private var examples: String {
        hypertable.columns.filter { $0.kind == .identity }.prefix(2).map(\.name).joined(separator: " and ")
    }
}
