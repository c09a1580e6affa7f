import Foundation
import TestDatabases
import Testing

extension WholeTests {
    @Suite(
        "Replay of a state directory that users share",
        .needsDatabase, .mayBlock,
        .enabled(if: getuid() == 0, "files of other users can be made, and everybody's be sent, by root only")
    )
    struct SharedDirectoryTests {
        private static let users: [UInt32] = [65_534, 1]

        /// Makes a file or folder, and all in it, a user's.
        private func give(_ path: String, to user: UInt32) throws {
            let inside = (try? FileManager.default.subpathsOfDirectory(atPath: path)) ?? []
            for path in [path] + inside.map({ path + "/" + $0 }) { #expect(lchown(path, user, user) == 0) }
        }

        private func owner(_ path: String) -> UInt32? {
            var status = stat()
            return lstat(path, &status) == 0 ? status.st_uid : nil
        }

        @Test(
            "Run by root it sends everybody's records, and what it sets aside stays its owner's",
            arguments: TestEdition.all)
        func everybody(edition: TestEdition) throws {
            try withTestDatabase(edition) { database in
                let whole = try Whole(edition, database)
                let root = whole.directory
                let runs = Self.users.map { _ in UUID() }
                for (user, run) in zip(Self.users, runs) {
                    // A folder of the user's, with a run in it and a file that is no recorder.
                    let (status, output) = try whole.startTrainer(
                        runs: [run], ["--mode", "offline", "--steps", "100", "--timeout", "1"]
                    ).wait()
                    #expect(status == 0, "\(output)")
                    let folder = root + "/user-\(user)"
                    try FileManager.default.createDirectory(
                        atPath: folder, withIntermediateDirectories: false,
                        attributes: [.posixPermissions: 0o700])
                    for name in try FileManager.default.contentsOfDirectory(atPath: root)
                    where !name.hasPrefix("user-") {
                        try FileManager.default.moveItem(
                            atPath: root + "/" + name, toPath: folder + "/" + name)
                    }
                    let damaged = folder + "/\(UUID().uuidString.lowercased()).hyperstep"
                    try Data("no recorder".utf8).write(to: URL(filePath: damaged))
                    try give(folder, to: user)
                }
                let (status, output) = try whole.run("hyperstep-collector", ["replay", root])
                // For the files that are none.
                #expect(status == 1 && output.contains("damaged"), "\(output)")
                for (user, run) in zip(Self.users, runs) {
                    #expect(try whole.count(run) == 100)
                    let aside = root + "/user-\(user)/set-aside"
                    let names = try FileManager.default.contentsOfDirectory(atPath: aside)
                    #expect(names.count == 1)
                    #expect(owner(aside) == user)
                    for name in names { #expect(owner(aside + "/" + name) == user) }
                    #expect(
                        try FileManager.default.contentsOfDirectory(atPath: root + "/user-\(user)") == [
                            "set-aside"
                        ])
                }
            }
        }

        @Test(
            "A link in the place of a user's folder, or of set-aside, leads root nowhere",
            arguments: TestEdition.all)
        func links(edition: TestEdition) throws {
            try withTestDatabase(edition) { database in
                let whole = try Whole(edition, database)
                let user = Self.users[0]
                let folder = whole.directory + "/user-\(user)"
                try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
                let damaged = folder + "/\(UUID().uuidString.lowercased()).hyperstep"
                try Data("no recorder".utf8).write(to: URL(filePath: damaged))
                let elsewhere = try whole.write("elsewhere", "") + ".d"
                try FileManager.default.createDirectory(atPath: elsewhere, withIntermediateDirectories: false)
                #expect(symlink(elsewhere, folder + "/set-aside") == 0)
                try give(folder, to: user)
                #expect(symlink(elsewhere, whole.directory + "/user-1") == 0)
                let (status, output) = try whole.run("hyperstep-collector", ["replay", whole.directory])
                #expect(status == 1 && output.contains("left alone: \(whole.directory)/user-1"), "\(output)")
                #expect(try FileManager.default.contentsOfDirectory(atPath: elsewhere).isEmpty)
                #expect(owner(damaged) == user)
            }
        }
    }
}
