import Foundation
import HyperstepPostgres
import NIOCore
import NIOPosix
import TestDatabases

/// A pgbouncer of a test's own, in front of one database.
final class Pooler {
    private let process: Process
    private let folder: URL
    /// The database, through the pooler.
    let database: TestDatabase

    /// Debian's place is not in every user's PATH.
    static let program: String? = ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer", "/usr/local/bin/pgbouncer"]
        .first { FileManager.default.isExecutableFile(atPath: $0) }
    static let skipReason = "pgbouncer is not installed: scripts/test installs it"

    /// - Parameters:
    ///   - mode: pgbouncer's `pool_mode`.
    ///   - settings: further lines of its configuration.
    init(_ database: TestDatabase, mode: String, settings: String = "") throws {
        guard let program = Self.program, let address = URLComponents(string: database.url),
            let user = address.user, let password = address.password
        else { throw PostgresError(kind: .settings, message: Self.skipReason) }
        let port = try Self.freePort()
        folder = FileManager.default.temporaryDirectory.appending(path: "pgbouncer-\(UUID().uuidString)")
        // Run by root, it becomes another user, who has to read this.
        try FileManager.default.createDirectory(
            at: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o755])
        let users = folder.appending(path: "users.txt")
        try Data("\"\(user)\" \"\(password)\"\n".utf8).write(to: users)
        let file = folder.appending(path: "pgbouncer.ini")
        let configuration = """
            [databases]
            * = host=\(address.host ?? "127.0.0.1") port=\(address.port ?? 5432)
            [pgbouncer]
            listen_addr = 127.0.0.1
            listen_port = \(port)
            unix_socket_dir =
            auth_type = trust
            auth_file = \(users.path)
            pool_mode = \(mode)
            \(getuid() == 0 ? "user = nobody" : "")
            \(settings)

            """
        try Data(configuration.utf8).write(to: file)
        process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = ["-q", file.path]
        process.standardError = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        var through = address
        through.port = port
        through.host = "127.0.0.1"
        self.database = database.reached(at: through.string ?? "")
        try waitUntilItListens(port)
    }

    deinit {
        // Its own connections end with it.
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
        try? FileManager.default.removeItem(at: folder)
    }

    private func waitUntilItListens(_ port: Int) throws {
        let deadline = ContinuousClock.now + .seconds(20)
        while true {
            let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            if let channel = try? bootstrap.connect(host: "127.0.0.1", port: port).wait() {
                return try channel.close().wait()
            }
            guard ContinuousClock.now < deadline, process.isRunning else {
                throw PostgresError(kind: .other, message: "pgbouncer does not listen on port \(port)")
            }
            Thread.sleep(forTimeInterval: 0.02)
        }
    }

    private static func freePort() throws -> Int {
        let channel = try ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: "127.0.0.1", port: 0).wait()
        defer { try? channel.close().wait() }
        return channel.localAddress?.port ?? 0
    }
}
