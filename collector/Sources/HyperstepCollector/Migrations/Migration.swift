import CollectorSQL

/// One SQL file that brings a database's schema forward.
struct Migration: Sendable, Equatable {
    /// Its number; nil for a repeatable one.
    let version: Int32?
    /// Its file's name, by which the database remembers it.
    let name: String
    let sql: String
    let checksum: String

    init(version: Int32?, name: String, sql: String) {
        self.init(version: version, name: name, sql: sql, checksum: SHA256.hexadecimal(of: sql))
    }

    /// With the checksum of another text, that of its file.
    init(version: Int32?, name: String, sql: String, checksum: String) {
        self.version = version
        self.name = name
        self.sql = sql
        self.checksum = checksum
    }
}

/// All that a collector knows to apply.
struct MigrationSet: Sendable, Equatable {
    /// Frozen files in ascending order of version; each is applied once.
    var versioned: [Migration]
    /// Run again whenever their text changes.
    var repeatable: [Migration]

    /// The newest version.
    var version: Int32 { versioned.last?.version ?? 0 }

    /// The files that are part of this binary.
    static let embedded = MigrationSet(
        versioned: files(collector_sql_migrations).map { name, sql in
            Migration(version: Int32(name.prefix { $0.isNumber }), name: name, sql: sql)
        },
        repeatable: files(collector_sql_repeatable).map { name, sql in
            Migration(version: nil, name: name, sql: sql)
        })

    private static func files(
        _ list: (UnsafeMutablePointer<Int>?) -> UnsafePointer<collector_sql_file>?
    ) -> [(name: String, sql: String)] {
        var count = 0
        guard let first = list(&count) else { return [] }
        // Constants of the binary: valid for as long as it runs.
        return UnsafeBufferPointer(start: first, count: count).map { file in
            let text = UnsafeBufferPointer(start: file.text, count: file.length)
            return (String(cString: file.name), String(decoding: text, as: UTF8.self))
        }
    }
}
