import Foundation
import HyperstepPostgres

/// The programs of one PostgreSQL server on this machine, with which tests make clusters of their own.
public struct ServerPrograms: Sendable, CustomStringConvertible {
    /// The folder of `postgres`, `initdb`, `pg_dump` and the others.
    public let folder: String
    /// The major version of PostgreSQL.
    public let major: Int
    /// The versions of TimescaleDB that it has in the Community edition, the oldest first.
    public let communityVersions: [String]

    /// What it is, for a message.
    public var description: String { "PostgreSQL \(major) in \(folder)" }

    /// Nil where the folder has no server that could be run.
    public init?(folder: String) {
        let environment = ProcessInfo.processInfo.environment
        let programs = ["postgres", "initdb", "pg_ctl", "pg_dump", "pg_basebackup", "pg_config"]
        guard programs.allSatisfy({ FileManager.default.isExecutableFile(atPath: "\(folder)/\($0)") }),
            let version = try? Shell.run([folder + "/postgres", "--version"], environment: environment),
            let libraries = try? Shell.run([folder + "/pg_config", "--pkglibdir"], environment: environment),
            // As "postgres (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)".
            let major = version.split(separator: " ").first(where: { $0.first?.isNumber == true })?
                .split(whereSeparator: { !$0.isNumber }).first.flatMap({ Int($0) })
        else { return nil }
        self.folder = folder
        self.major = major
        let library = libraries.trimmingCharacters(in: .whitespacesAndNewlines)
        let files = (try? FileManager.default.contentsOfDirectory(atPath: library)) ?? []
        communityVersions = files.compactMap { file in
            let parts = file.split(separator: "-")
            guard file.hasPrefix("timescaledb-tsl-"), parts.count == 3,
                let dot = parts[2].lastIndex(of: ".")
            else { return nil }
            return String(parts[2][..<dot])
        }.sorted { $0.compare($1, options: .numeric) == .orderedAscending }
    }

    /// Those that a test server runs; nil where they are not on this machine: in a container or in another root.
    public init?(of edition: TestEdition) {
        guard let url = edition.superuserURL, let asked = try? PostgresURL(url),
            let connection = try? PostgresConnection(asked),
            let answer = try? connection.query(
                "SELECT setting, current_setting('server_version_num') FROM pg_config WHERE name = 'BINDIR'"),
            let folder = answer.text(0, 0), let version = answer.text(0, 1).flatMap({ Int($0) })
        else { return nil }
        self.init(folder: folder)
        // Another world's folder may have the same name as one of ours.
        guard major == version / 10_000 else { return nil }
    }

    /// All that scripts/dev-database finds installed on this machine.
    public static let installed: [ServerPrograms] = {
        let library =
            URL(filePath: #filePath).pathComponents.dropLast(4).joined(separator: "/") + "/scripts/lib"
        let lines = try? Shell.run(
            ["bash", "-c", ". \"$0/common.sh\"; . \"$0/installed.sh\"; installed_servers", library],
            environment: ProcessInfo.processInfo.environment)
        // As "17 2.29.2 community /opt/pg/17/bin".
        return (lines ?? "").split(separator: "\n").compactMap { line in
            line.split(separator: " ", maxSplits: 3).last.flatMap { ServerPrograms(folder: String($0)) }
        }
    }()

    /// PostgreSQL refuses to run as root: then as its own user, or the one that belongs to nobody.
    static let user: String? =
        geteuid() != 0 ? nil : getpwnam("postgres") != nil ? "postgres" : "nobody"

    /// What a command begins with that is run as that user.
    static let asUser: [String] = user.map { ["runuser", "-u", $0, "--"] } ?? []
}
