#if os(Linux)
    import Glibc
    import HyperstepPostgres

    import Foundation

    /// A disk of a few megabytes under a tablespace of a server, for tests that fill it: a tmpfs that is mounted where
    /// the server sees it.
    public struct SmallDisk {
        /// The tablespace that is on it.
        public let tablespace: String
        private let server: Int32
        private let directory: String
        private let edition: TestEdition

        /// Servers that such a disk can be mounted for: they run on this machine, and we are root.
        public static let editions = TestEdition.withSuperuser.filter { edition in
            geteuid() == 0 && (try? Place(edition)) != nil
        }

        /// Why tests that need one are skipped.
        public static let skipReason =
            "a small disk can be mounted by root alone, for a server of this machine"

        /// Where a server runs and keeps its data.
        private struct Place {
            let process: Int32
            let dataDirectory: String
            let user: UInt32

            init(_ edition: TestEdition) throws {
                let connection = try PostgresConnection(PostgresURL(edition.superuserURL ?? ""))
                process = connection.serverProcess
                dataDirectory = try connection.query("SHOW data_directory").text(0, 0) ?? ""
                let name = try String(contentsOfFile: "/proc/\(process)/comm", encoding: .utf8)
                guard name.hasPrefix("postgres") else {
                    throw PostgresError(kind: .settings, message: "the server is on another machine")
                }
                var status = stat()
                guard stat("/proc/\(process)", &status) == 0 else {
                    throw PostgresError(kind: .settings, message: "the server's process is hidden")
                }
                user = status.st_uid
            }
        }

        /// Mounts one and makes its tablespace.
        fileprivate init(_ edition: TestEdition, megabytes: Int) throws {
            self.edition = edition
            let connection = try PostgresConnection(PostgresURL(edition.superuserURL ?? ""))
            let place = try Place(edition)
            // The postmaster: a backend is gone when its connection is.
            let parent = try String(contentsOfFile: "/proc/\(connection.serverProcess)/stat", encoding: .utf8)
                .split(separator: ")").last?.split(separator: " ").dropFirst().first
            server = Int32(parent ?? "") ?? 1
            tablespace = "hyperstep_test_" + String(UInt64.random(in: 0 ..< .max), radix: 36)
            directory = place.dataDirectory + "-" + tablespace
            try Self.run(
                """
                mkdir '\(directory)' && mount -t tmpfs -o size=\(megabytes)m,uid=\(place.user),mode=700 tmpfs '\(directory)'
                """, inNamespaceOf: server)
            try connection.execute("CREATE TABLESPACE \(tablespace) LOCATION '\(directory)'")
            // For whoever makes the tests' databases.
            try connection.execute("GRANT CREATE ON TABLESPACE \(tablespace) TO PUBLIC")
        }

        fileprivate func remove() throws {
            let connection = try PostgresConnection(PostgresURL(edition.superuserURL ?? ""))
            try? connection.execute("DROP TABLESPACE \(tablespace)")
            try Self.run("umount '\(directory)' && rmdir '\(directory)'", inNamespaceOf: server)
        }

        private static func run(_ script: String, inNamespaceOf process: Int32) throws {
            let nsenter = Process()
            nsenter.executableURL = URL(fileURLWithPath: "/usr/bin/nsenter")
            nsenter.arguments = [
                "--target", "\(process)", "--mount", "--root", "--", "/bin/sh", "-c", script,
            ]
            try nsenter.run()
            nsenter.waitUntilExit()
            guard nsenter.terminationStatus == 0 else {
                throw PostgresError(
                    kind: .other, message: "status \(nsenter.terminationStatus) of: \(script)")
            }
        }
    }

    /// Runs `body` with an empty database on a small disk, which is dropped and unmounted afterwards.
    public func withDatabaseOnSmallDisk(
        _ edition: TestEdition, megabytes: Int, isolation: isolated (any Actor)? = #isolation,
        _ body: (TestDatabase) async throws -> Void
    ) async throws {
        let disk = try SmallDisk(edition, megabytes: megabytes)
        defer { try? disk.remove() }
        try await withTestDatabase(edition, options: "TABLESPACE \(disk.tablespace)", body)
    }
#endif
