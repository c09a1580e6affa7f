import Foundation
import HyperstepPostgres

/// A PostgreSQL server of a test's own, in a temporary folder: to be restored, promoted and upgraded, which is not for
/// a server that other tests use. It is stopped and deleted when the test releases it, or when the process of the test
/// ends in whatever way.
public final class PrivateServer {
    /// What it runs.
    public let programs: ServerPrograms
    /// The port on 127.0.0.1.
    public let port: Int
    /// Its data directory, which need not exist yet.
    public let data: String
    /// The superuser's password.
    public let password: String
    private let edition: String
    private let watcher: Watcher

    /// A server without data; `initialize()` makes some.
    ///
    /// - Parameter password: the superuser's. Servers of one test that are copies of each other share it.
    public init(
        _ programs: ServerPrograms, edition: String, port: Int, password: String? = nil
    ) throws {
        self.programs = programs
        self.edition = edition
        self.port = port
        self.password = password ?? UUID().uuidString
        let folder =
            FileManager.default.temporaryDirectory.appending(path: "hyperstep-server-\(UUID().uuidString)")
            .path
        data = folder + "/data"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
        if let user = ServerPrograms.user {
            try Shell.run(["chown", user, folder], environment: ProcessInfo.processInfo.environment)
        }
        watcher = try Watcher(folder: folder, programs: programs)
    }

    /// Makes a cluster whose superuser is `postgres`, with the settings of a small server.
    public func initialize() throws {
        let license = edition == "community" ? "timescale" : "apache"
        try shell(
            """
            printf '%s\\n' "$PGPASSWORD" >"$PGDATA.password"
            initdb --pgdata="$PGDATA" --username=postgres --auth=scram-sha-256 --pwfile="$PGDATA.password" \
                --encoding=UTF8 --locale=C --no-sync >/dev/null
            rm "$PGDATA.password"
            cat >>"$PGDATA/postgresql.conf" <<'CONF'
            listen_addresses = '127.0.0.1'
            unix_socket_directories = ''
            shared_preload_libraries = 'timescaledb'
            timescaledb.telemetry_level = off
            timescaledb.license = '\(license)'
            max_worker_processes = 32
            max_locks_per_transaction = 128
            timezone = 'UTC'
            # A test's machine does not lose power.
            fsync = off
            CONF
            """)
    }

    /// Makes an empty database, with the extension if the tests ask for an older version than its newest.
    public func makeDatabase(_ name: String) throws {
        try shell("createdb --template=template0 '\(name)'")
        guard let version = TestEdition.olderVersion else { return }
        try database(name).connect().execute("CREATE EXTENSION timescaledb VERSION '\(version)'")
    }

    /// Starts it, and waits until it takes connections.
    public func start() throws {
        try shell(
            """
            pg_ctl start --pgdata="$PGDATA" --log="$PGDATA.log" --wait --timeout=120 \
                --options="-p \(port)" >/dev/null || { tail -n 20 "$PGDATA.log"; exit 1; }
            """)
    }

    /// Stops it where it runs: `smart`, `fast` or `immediate`.
    public func stop(_ mode: String = "fast") throws {
        try shell(
            """
            [ ! -e "$PGDATA/postmaster.pid" ] || pg_ctl stop --pgdata="$PGDATA" --mode=\(mode) --wait >/dev/null
            """)
    }

    /// One of its databases, with the superuser's rights.
    public func database(_ name: String) -> TestDatabase {
        TestDatabase(url: "postgresql://postgres:\(password)@127.0.0.1:\(port)/\(name)", name: name)
    }

    /// How programs of other servers reach it, without the password.
    public var connectionString: String { "host=127.0.0.1 port=\(port) user=postgres" }

    /// Runs lines of bash as the system user of the server, with its programs in PATH and its address in the
    /// environment, until the first line that fails. Returns what they printed.
    @discardableResult
    public func shell(_ lines: String, _ variables: [String: String] = [:]) throws -> String {
        var environment = ProcessInfo.processInfo.environment.filter {
            !$0.key.hasPrefix("PG") && !$0.key.hasPrefix("HYPERSTEP_")
        }
        environment["PATH"] = programs.folder + ":" + (environment["PATH"] ?? "/usr/bin:/bin")
        let address = [
            "PGHOST": "127.0.0.1", "PGPORT": "\(port)", "PGUSER": "postgres", "PGPASSWORD": password,
            "PGDATA": data,
        ]
        environment.merge(address) { $1 }
        environment.merge(variables) { $1 }
        // A server that is started here must not hold open what this process passes on: Foundation takes a program for
        // running as long as anybody has the socket that it was given.
        let script = """
            cd /
            for descriptor in /dev/fd/*; do
                case "${descriptor##*/}" in
                    [0-2] | 255 | '*') ;;
                    *) eval "exec ${descriptor##*/}>&-" 2>/dev/null || true ;;
                esac
            done
            set -euo pipefail
            \(lines)
            """
        return try Shell.run(
            ServerPrograms.asUser + ["bash", "-c", script], environment: environment)
    }
}

/// A process that removes a server when the test's process closes a pipe: by releasing the server, or by its own end,
/// `kill -9` included.
private final class Watcher {
    private let process = Process()
    private let pipe = Pipe()

    init(folder: String, programs: ServerPrograms) throws {
        // What the test starts later, the server among it, must not hold the pipe open.
        for end in [pipe.fileHandleForReading, pipe.fileHandleForWriting] {
            _ = fcntl(end.fileDescriptor, F_SETFD, FD_CLOEXEC)
        }
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [
            "bash", "-c",
            """
            trap '' INT TERM HUP
            cat >/dev/null
            cd /
            [ ! -e "$1/data/postmaster.pid" ] || "${@:2}" stop --pgdata="$1/data" --mode=immediate --wait
            rm -rf "$1"
            """, "bash", folder,
        ]
        process.arguments? += ServerPrograms.asUser + [programs.folder + "/pg_ctl"]
        process.standardInput = pipe
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
    }

    deinit {
        try? pipe.fileHandleForWriting.close()
        process.waitUntilExit()
    }
}
