import Foundation
import HyperstepPostgres
import TestDatabases
import Testing

extension WholeTests {
    /// PostgreSQL has room for a fixed number of locks. With all but a few of them taken, a table of some hundred chunks is
    /// what one of thousands is to an idle server: a statement that locks each chunk finds no room.
    @Suite(
        "A table of many chunks, and a server with little room for locks",
        .needsDatabase, .mayBlock)
    struct ManyChunksTests {
        private static let chunks = 1_200
        private static let room = 900
        private static let file = """
            hypertables:
              training_metrics: {retention: 30 days}
            """

        /// TimescaleDB's own jobs drop and compress all chunks that are due in few statements, and would take the locks that
        /// are left to us.
        private func stopScheduler(of database: TestDatabase, _ edition: TestEdition) throws {
            guard TestEdition.withSuperuser.contains(where: { $0.name == edition.name }) else { return }
            _ = try database.asSuperuser.connect().query(
                "SELECT _timescaledb_functions.stop_background_workers()")
        }

        /// A chunk an hour, each with a row, up to an hour ago.
        private func makeChunks(_ whole: Whole) throws {
            let connection = try whole.database.connect()
            for first in stride(from: 0, to: Self.chunks, by: 100) {
                try connection.execute(
                    """
                    INSERT INTO training_metrics (time, model_id, run_id, epoch, batch, step)
                    SELECT now() - make_interval(hours => i), '00000000-0000-0000-0000-000000000001',
                           '00000000-0000-0000-0000-000000000002', 0, 0, i
                    FROM generate_series(\(first + 1), \(first + 100)) i
                    """)
            }
        }

        /// Takes all locks of the server but `room`, and keeps them while the connection is open.
        private func takeLocks(_ whole: Whole) throws -> PostgresConnection {
            let connection = try whole.database.connect()
            let step = 100
            var taken = 0
            while true {
                do {
                    _ = try connection.query(
                        "SELECT pg_advisory_lock(\(taken) + i) FROM generate_series(1, \(step)) i")
                    taken += step
                } catch {
                    #expect(error.code == "53200")
                    break
                }
            }
            try #require(taken > Self.room)
            _ = try connection.query(
                "SELECT pg_advisory_unlock(i) FROM generate_series(\(taken - Self.room + 1), \(taken)) i")
            return connection
        }

        private func run(_ whole: Whole, _ arguments: [String]) throws -> (status: Int32, output: String) {
            let process = try whole.start("hyperstep-collector", arguments)
            let (status, output) = process.wait()
            return (status, output + process.errors)
        }

        @Test(
            "plan, apply, refresh, status, doctor, migrate and retention lock a part of the chunks at a time",
            .timeLimit(.minutes(20)), arguments: TestEdition.all)
        func inSteps(edition: TestEdition) throws {
            try withTestDatabase(edition) { database in
                let whole = try Whole(edition, database)
                try stopScheduler(of: database, edition)
                try makeChunks(whole)
                let file = try whole.write("policies.yaml", Self.file)
                let holder = try takeLocks(whole)
                #expect(
                    throws: PostgresError.self, "a statement over all chunks finds no room",
                    performing: { try database.connect().query("SELECT count(*) FROM training_metrics") })

                let plan = try run(whole, ["policies", "plan", "--policies-file", file])
                #expect(plan.status == 0, "\(plan.output)")
                if edition.name == "community" { #expect(plan.output.contains("chunks with ")) }
                for arguments in [
                    ["policies", "apply", "--yes", "--policies-file", file], ["migrate"],
                    ["policies", "status"],
                    ["policies", "refresh", "training_metrics_hourly", "--from", "yesterday"],
                ] {
                    let (status, output) = try run(whole, arguments)
                    #expect(status == 0, "\(arguments): \(output)")
                }
                let doctor = try run(whole, ["doctor", "--policies-file", file])
                #expect(!doctor.output.contains("out of shared memory ("), "\(doctor.output)")
                #expect(!doctor.output.contains("not looked at"), "\(doctor.output)")

                // What retention is made of, called until there is nothing left to drop.
                let connection = try database.connect()
                var dropped: Int64 = 0
                while true {
                    let some =
                        try connection.query(
                            "SELECT hyperstep_internal.drop_chunks_older('training_metrics', INTERVAL '30 days')"
                        ).int64(0, 0) ?? 0
                    dropped += some
                    if some == 0 { break }
                }
                #expect(dropped > 400)
                // A writer's note locks the table, not its chunks.
                _ = try connection.query(
                    """
                    SELECT hyperstep_internal.note_touched('training_metrics', ARRAY[gen_random_uuid()], ARRAY[now()])
                    """)
                withExtendedLifetime(holder) {}
            }
        }
    }
}
