/// What the contract asks of single values. Both sides are held to it: the one that writes before it writes,
/// the one that reads after it has read.
enum FieldRules {
    /// A text of `length` bytes as it travels: a NUL becomes the replacement character, which takes three.
    static func text(_ text: String, _ field: String, length: ClosedRange<Int>) throws(WireError) {
        let bytes = text.utf8.reduce(0) { $0 + ($1 == 0 ? 3 : 1) }
        guard length.contains(bytes) else {
            throw WireError(
                field: field,
                reason: "expected \(length.lowerBound) to \(length.upperBound) bytes of text, got \(bytes)")
        }
    }

    /// A time: 0 or later.
    static func time(_ nanoseconds: Int64, _ field: String) throws(WireError) {
        guard nanoseconds >= 0 else {
            throw WireError(
                field: field,
                reason: "expected nanoseconds since 1970, 0 or more, got \(nanoseconds)")
        }
    }

    /// The times of all rows.
    static func times(_ times: [Int64], _ field: String) throws(WireError) {
        if let earliest = times.min() { try time(earliest, field) }
    }

    /// An attempt or a rank: 0 to 32,767.
    static func small(_ value: Int16, _ field: String) throws(WireError) {
        guard value >= 0 else {
            throw WireError(field: field, reason: "expected 0 to \(Int16.max), got \(value)")
        }
    }

    /// A count or a size: at most what a bigint holds.
    static func count(_ value: UInt64, _ field: String) throws(WireError) {
        guard value <= WireLimits.maxCount else {
            throw WireError(field: field, reason: "expected 0 to \(WireLimits.maxCount), got \(value)")
        }
    }

    /// The length of a repeated field.
    static func length(_ length: Int, _ field: String, atMost limit: Int) throws(WireError) {
        guard length <= limit else {
            throw WireError(field: field, reason: "expected at most \(limit), got \(length)")
        }
    }

    /// The length of a field that has a value for each row of `rowField`.
    static func rows(_ length: Int, _ field: String, _ rows: Int, of rowField: String) throws(WireError) {
        guard length == rows else {
            throw WireError(
                field: field,
                reason: "expected as many values as \(rowField) has (\(rows)), got \(length)")
        }
    }

    /// Rows' places in a list of `count`.
    static func places(_ places: [UInt32], _ field: String, in list: String, of count: Int) throws(WireError)
    {
        if let last = places.max(), last >= count {
            throw WireError(
                field: field, reason: "expected places in \(list), which has \(count); got place \(last)")
        }
    }

    /// Names that rows refer to: `limit` at most, each of 1 to 256 bytes, none twice.
    static func names(
        _ names: [String], _ field: String, part: String = "", atMost limit: Int
    ) throws(WireError) {
        try length(names.count, field, atMost: limit)
        // By their bytes: two spellings that Swift holds equal are two names in the database.
        var seen: Set<[UInt8]> = []
        for (index, name) in names.enumerated() {
            let path = "\(field)[\(index)]\(part)"
            try text(name, path, length: 1...WireLimits.maxNameBytes)
            guard seen.insert(Array(name.utf8)).inserted else {
                throw WireError(field: path, reason: "expected each name once, got it again")
            }
        }
    }

    /// What a batch takes at least, where its parts could add up to more than any collector reads.
    static func size(_ bytes: Int, _ field: String) throws(WireError) {
        guard bytes <= WireLimits.maxBodyBytes else {
            throw WireError(
                field: field,
                reason: "expected what fits a body of \(WireLimits.maxBodyBytes) bytes, got at least \(bytes)"
            )
        }
    }
}
