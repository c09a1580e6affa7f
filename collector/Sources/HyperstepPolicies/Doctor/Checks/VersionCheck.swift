/// Whether PostgreSQL and TimescaleDB are recent enough, and which edition it is.
struct VersionCheck: Sendable {
    var serverVersion = 170_000
    /// In this database; nil without the extension.
    var installed: String?
    /// What the server's library would give; nil if the server has none.
    var available: String?
    var edition = Edition.community

    static let oldestServer = 140_000
    static let oldest = [2, 19, 0]
    static let directCompress = [2, 28, 1]
    /// The newest release line of TimescaleDB that the collector was tested with.
    static let newestTested = [2, 29]
    /// The last release line of TimescaleDB by major version of PostgreSQL, where there is a last one.
    static let lastLines = [14: [2, 19], 15: [2, 28]]

    var findings: [Finding] {
        guard let installed else {
            return [
                Finding(
                    .error, "timescaledb", "the extension is not in this database",
                    remedy: available == nil
                        ? "install TimescaleDB 2.19 or later on the server"
                        : "run hyperstep-collector migrate")
            ]
        }
        return [server, extension_(installed)] + behind(installed) + atEndOfLine(installed)
            + untested(installed) + editionFindings(installed)
    }

    private var server: Finding {
        let version = "PostgreSQL \(serverVersion / 10_000).\(serverVersion % 10_000)"
        return serverVersion >= Self.oldestServer
            ? Finding(.ok, "postgresql", version)
            : Finding(.error, "postgresql", "\(version) is too old", remedy: "install PostgreSQL 14 or later")
    }

    private func extension_(_ installed: String) -> Finding {
        Self.isOlder(installed, Self.oldest)
            ? Finding(
                .error, "timescaledb", "TimescaleDB \(installed) is too old",
                remedy:
                    "install 2.19 or later, then run ALTER EXTENSION timescaledb UPDATE first in a session")
            : Finding(.ok, "timescaledb", "TimescaleDB \(installed), \(edition.rawValue) edition")
    }

    private func behind(_ installed: String) -> [Finding] {
        guard let available, Self.isOlder(installed, Self.parts(available)) else { return [] }
        return [
            Finding(
                .warning, "extension-update",
                "this database has TimescaleDB \(installed), the server has the library of \(available)",
                remedy: "run ALTER EXTENSION timescaledb UPDATE as the first command of a session")
        ]
    }

    private func atEndOfLine(_ installed: String) -> [Finding] {
        let server = serverVersion / 10_000
        guard let last = Self.lastLines[server], !Self.isOlder(installed, last) else { return [] }
        return [
            Finding(
                .warning, "end-of-line",
                "TimescaleDB \(Self.text(last)) is the last release line for PostgreSQL \(server)",
                remedy:
                    "move the database to PostgreSQL 17 or 18 with a current TimescaleDB, by pg_upgrade or a dump"
            )
        ]
    }

    private func untested(_ installed: String) -> [Finding] {
        let line = Array(Self.parts(installed).prefix(2))
        guard Self.newestTested.lexicographicallyPrecedes(line) else { return [] }
        return [
            Finding(
                .note, "untested-version",
                """
                TimescaleDB \(installed) is newer than \(Self.text(Self.newestTested)), the newest that this collector \
                was tested with
                """,
                remedy: "look for other findings below, and update the collector when a newer one is released"
            )
        ]
    }

    private func editionFindings(_ installed: String) -> [Finding] {
        if edition == .apache {
            return [Finding(.note, "compression", CompressionNote.found, remedy: CompressionNote.remedy)]
        }
        guard Self.isOlder(installed, Self.directCompress) else { return [] }
        return [
            Finding(
                .note, "direct-compress",
                "TimescaleDB \(installed) is too old to compress while rows are written",
                remedy: "update to 2.28.1 or later for less load and space; compression by policy works")
        ]
    }

    static func parts(_ version: String) -> [Int] {
        version.split { !$0.isNumber }.prefix(3).compactMap { Int($0) }
    }

    private static func text(_ version: [Int]) -> String { version.map(String.init).joined(separator: ".") }

    private static func isOlder(_ version: String, _ other: [Int]) -> Bool {
        parts(version).lexicographicallyPrecedes(other)
    }
}
