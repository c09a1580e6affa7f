/// How often rows of each run or service were kept aside on this connection: what is refused once mostly comes with
/// every batch, and the table of rejects is not to fill with it.
struct KeptAside {
    private let limit: Int
    private var kept: [NameOwner: Int] = [:]
    /// What the open transaction adds, and takes with it where it fails: it kept nothing then.
    private var adding: [NameOwner: Int] = [:]

    /// Owners remembered at most; they begin anew beyond it.
    private static let owners = 10_000

    /// - Parameter limit: how often for each of them.
    init(limit: Int) { self.limit = limit }

    /// A transaction begins.
    mutating func begin() { adding = [:] }

    /// The transaction is committed.
    mutating func committed() {
        if kept.count + adding.count > Self.owners { kept = [:] }
        kept.merge(adding, uniquingKeysWith: +)
        adding = [:]
    }

    /// Counts once more for `owner`; false where it has been often enough.
    mutating func add(to owner: NameOwner) -> Bool {
        guard kept[owner, default: 0] + adding[owner, default: 0] < limit else { return false }
        adding[owner, default: 0] += 1
        return true
    }
}
