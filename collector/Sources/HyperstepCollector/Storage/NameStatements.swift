import HyperstepPostgres

/// What is done to tables of names, whatever the names are of.
enum NameStatements {
    /// Names of one statement at most.
    private static let piece = 4_096

    /// The ids of those names that their owners have, by their places in `names`; nil for the others.
    static func find<Name: OwnedName>(
        _ names: [Name], on connection: PostgresConnection
    ) throws(PostgresError) -> [Int64?] {
        var ids: [Int64?] = []
        ids.reserveCapacity(names.count)
        for first in stride(from: 0, to: names.count, by: piece) {
            ids += try Name.find(names[first..<min(first + piece, names.count)], on: connection)
        }
        return ids
    }

    /// The numbers that a statement for `count` names told, in rows of place and number; nil where it told none.
    static func numbers(in rows: PostgresResult, count: Int) -> [Int64?] {
        var numbers = [Int64?](repeating: nil, count: count)
        for row in 0..<rows.count {
            guard let place = rows.int64(row, 0) else { continue }
            numbers[Int(place) - 1] = rows.int64(row, 1)
        }
        return numbers
    }

    /// Gives names to owners that did not have them before, as long as they have fewer than `limit`; makes names
    /// that nobody used before. In a transaction of its own: whoever sees a name may rely on it.
    ///
    /// One collector at a time, so that no owner gets too many and nobody waits in a circle: new names are rare.
    ///
    /// - Returns: those for which there was no room.
    static func admit<Name: OwnedName>(
        _ wanted: [Name], atMost limit: Int, on connection: PostgresConnection
    ) throws(PostgresError) -> [Name] {
        // Whoever holds the lock for longer is in trouble, and steps of other runs may be waiting in this group.
        try connection.transaction("BEGIN; SET LOCAL lock_timeout = '1s'") { () throws(PostgresError) in
            _ = try connection.query("SELECT pg_advisory_xact_lock($1)", [.int64(Name.lockKey)])
            var counts = try Name.counts(of: Array(Set(wanted.map(\.owner))), on: connection)
            var (admitted, refused): ([Name], [Name]) = ([], [])
            // Whoever had the lock before may have made some of them.
            for (name, id) in zip(wanted, try find(wanted, on: connection)) where id == nil {
                if let count = counts[name.owner], count < limit {
                    counts[name.owner] = count + 1
                    admitted.append(name)
                } else {
                    refused.append(name)
                }
            }
            for first in stride(from: 0, to: admitted.count, by: piece) {
                try Name.make(admitted[first..<min(first + piece, admitted.count)], on: connection)
            }
            return refused
        }
    }
}
