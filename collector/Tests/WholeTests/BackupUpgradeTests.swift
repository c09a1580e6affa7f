import Foundation
import HyperstepPostgres
import TestDatabases
import Testing

extension WholeTests {
    /// The upgrades of docs/backup.md, by the commands that stand there.
    @Suite(
        "docs/backup.md: upgrades",
        .enabled(if: Upgrade.edition != nil && Upgrade.servers != nil, Upgrade.skipReason))
    struct BackupUpgradeTests {
        @Test(
            "A database is upgraded to a newer PostgreSQL and TimescaleDB by dump and by pg_upgrade: rows, aggregates of rows that are gone, policies and rights are as before, and a collector goes on"
        )
        func upgrade() async throws {
            let (older, newer) = try #require(Upgrade.servers)
            let scene = try Scene(try #require(Upgrade.edition), "backup.md", on: older)
            try scene.serve()
            let finished = try scene.train()
            scene.stopServing()
            let before = try Contents(of: scene.server.database("metrics"))

            let restored = try scene.another(newer)
            try restored.initialize()
            try restored.start()
            try scene.run("dump")
            try scene.run("restore-roles", on: restored)
            try scene.restore("restore-dump", on: restored, then: ["update-extension"])
            try Self.expectUpgraded(scene, on: restored, before, [finished])
            try restored.stop()

            let upgraded = try scene.another(newer)
            try upgraded.initialize()
            try scene.run("clear-marks")
            try scene.server.stop()
            let old = ["OLD_BIN": scene.server.programs.folder, "OLD_DATA": scene.server.data]
            try scene.run("pg-upgrade", on: upgraded, old)
            try upgraded.start()
            for block in ["update-extension", "restore-check"] { try scene.run(block, on: upgraded) }
            try Self.expectUpgraded(scene, on: upgraded, before, [finished])
        }

        private static func expectUpgraded(
            _ scene: Scene, on server: PrivateServer, _ before: Contents, _ finished: [UUID]
        ) throws {
            let version = try scene.text(
                "SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'", on: server)
            #expect(version == server.programs.communityVersions.last)
            before.expect(try Contents(of: server.database("metrics")))
            // What the jobs of the new server do, once more: buckets of rows that are gone stay.
            try server.database("metrics").connect().execute(
                """
                DO $$
                DECLARE id int;
                BEGIN
                    FOR id IN SELECT job_id FROM timescaledb_information.jobs WHERE proc_name LIKE 'policy_refresh%' LOOP
                        CALL run_job(id);
                    END LOOP;
                END $$
                """)
            before.expect(try Contents(of: server.database("metrics")))
            try scene.serve(on: server)
            let next = try scene.train()
            try scene.expectWhole(finished + [next])
            scene.stopServing()
        }
    }
}

/// The oldest PostgreSQL of this machine that can be upgraded to another one here, and that one: it has the older one's
/// TimescaleDB and a later one.
private enum Upgrade {
    static let edition = TestEdition.isNewest ? Scene.editions.first { $0.name == "community" } : nil

    static let servers: (old: ServerPrograms, new: ServerPrograms)? = {
        let installed = ServerPrograms.installed.sorted { $0.major < $1.major }
        for old in installed {
            guard let version = old.communityVersions.last else { continue }
            let new = installed.last {
                $0.major > old.major && $0.communityVersions.dropLast().contains(version)
            }
            if let new { return (old, new) }
        }
        return nil
    }()

    static let skipReason: Comment =
        "no two servers here of which one has a newer PostgreSQL, the other's TimescaleDB (Community) and a later one: HYPERSTEP_POSTGRES_BIN names further folders of programs"
}
