import HyperstepPostgres

/// The ids that names have in the database, as far as one session has asked for them, and the owners that have as
/// many names as they may have.
///
/// Names are made in transactions of their own, before the one that writes the rows: what is known here is
/// committed, and nobody holds a name that another waits for while it writes.
struct NameIDs<Name: OwnedName> {
    /// Names known at most, besides those of the group that is being written.
    static var limit: Int { 16_384 }

    private var ids: [Name: Int64] = [:]
    /// Owners that were refused a name: what has a name of theirs that is not known is left out.
    private var full: Set<NameOwner> = []
    /// Names that such owners were refused: not looked for again in every group.
    private var absent: Set<Name> = []

    /// How many are known.
    var count: Int { ids.count }

    /// Has the ids of the names that rows of these batches use, and makes those that are new to their owners, as
    /// long as an owner has fewer than `limit`.
    ///
    /// - Parameter check: asked before a name is made; where it throws, none is.
    mutating func learn<Records: NamedRecords>(
        _ batches: [Records], atMost limit: Int, on connection: PostgresConnection,
        beforeMaking check: () throws(PostgresError) -> Void = { () throws(PostgresError) in }
    ) throws(PostgresError) where Records.Name == Name {
        let used = Self.used(in: batches)
        // Before it is asked which are missing: those of this group are among them then.
        if max(full.count, absent.count) > Self.limit { (full, absent) = ([], []) }
        var missing = used.filter { ids[$0] == nil && !absent.contains($0) }
        guard !missing.isEmpty else { return }
        if ids.count + missing.count > Self.limit {
            ids = [:]
            missing = used.filter { !absent.contains($0) }
        }
        let others = try find(missing, on: connection)
        let new = others.filter { !full.contains($0.owner) }
        absent.formUnion(others.filter { full.contains($0.owner) })
        guard !new.isEmpty else { return }
        try check()
        let refused = try NameStatements.admit(new, atMost: limit, on: connection)
        guard try Set(refused).isSuperset(of: find(new, on: connection)) else {
            throw PostgresError(code: "40001", message: "names were deleted meanwhile")
        }
        full.formUnion(refused.map(\.owner))
        absent.formUnion(refused)
    }

    /// The id of each of the names that a batch lists; nil for those that no row uses, and for those that are
    /// too many for their owner.
    func ids<Records: NamedRecords>(of records: Records) throws(PostgresError) -> [Int64?]
    where Records.Name == Name {
        var found: [Int64?] = []
        for name in records.usedNames {
            let id = name.flatMap { ids[$0] }
            if let name, id == nil, !full.contains(name.owner) {
                throw PostgresError(kind: .retryable, message: "the id of \(name.label) was not asked for")
            }
            found.append(id)
        }
        return found
    }

    /// Those names of a batch that are too many for their owner, by their places in its list; empty where no owner
    /// has too many.
    func refused<Records: NamedRecords>(in records: Records) -> [Name?] where Records.Name == Name {
        guard !full.isEmpty else { return [] }
        return records.usedNames.map { name in
            name.flatMap { full.contains($0.owner) && ids[$0] == nil ? $0 : nil }
        }
    }

    /// Remembers the ids of those that their owners have, and returns the others.
    private mutating func find(
        _ names: [Name], on connection: PostgresConnection
    ) throws(PostgresError) -> [Name] {
        var others: [Name] = []
        for (name, id) in zip(names, try NameStatements.find(names, on: connection)) {
            if let id { ids[name] = id } else { others.append(name) }
        }
        return others
    }

    /// What rows of these batches use, each once, in the order in which the batches list them.
    private static func used<Records: NamedRecords>(in batches: [Records]) -> [Name]
    where Records.Name == Name {
        var (seen, used): (Set<Name>, [Name]) = ([], [])
        for case let name? in batches.flatMap(\.usedNames) where seen.insert(name).inserted {
            used.append(name)
        }
        return used
    }
}
