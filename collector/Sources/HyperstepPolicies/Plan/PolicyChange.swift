/// One difference between what is declared and what a database has, and what removes it.
public struct PolicyChange: Sendable, Equatable {
    /// The hypertable or aggregate.
    public var relation: String
    /// The key in the policy file, as `retention`.
    public var setting: String
    /// What the database has.
    public var from: String
    /// What is declared.
    public var to: String
    /// The statements that make the change, in one transaction.
    public var sql: [String]
    /// Whether rows or buckets go, now or later, that stayed without it.
    public var dropsData: Bool
    /// What goes now, if ``dropsData`` and if it was counted.
    public var loss: DataLoss?
    /// Whether only the owner of the tables may do it.
    public var needsOwner: Bool
    /// Relations all of whose changes must have been made before this one.
    public var follows: Set<String>

    /// ``from`` of what does not exist yet.
    static let missing = "missing"

    /// A change.
    public init(
        relation: String, setting: String, from: String, to: String, sql: [String], dropsData: Bool = false,
        loss: DataLoss? = nil, needsOwner: Bool = false, follows: Set<String> = []
    ) {
        self.relation = relation
        self.setting = setting
        self.from = from
        self.to = to
        self.sql = sql
        self.dropsData = dropsData
        self.loss = loss
        self.needsOwner = needsOwner
        self.follows = follows
    }
}

extension PolicyChange: CustomStringConvertible {
    /// As `training_metrics.retention: never → 90 days`.
    public var description: String { "\(relation).\(setting): \(from) → \(to)" }
}
