import Foundation
import HyperstepPostgres
import TestDatabases
import Testing
import TrainingPattern

extension WholeTests {
    @Suite(
        "A run's life",
        .needsDatabase, .mayBlock)
    struct RunLifeTests {
        static func withWhole(_ body: (Whole) async throws -> Void) async throws {
            let edition = try #require(TestEdition.all.first)
            try await withTestDatabase(edition) { try await body(Whole(edition, $0)) }
        }

        @Test("Killed and resumed at random steps: the view has each step once, the table has all rows")
        func crashAndResume() async throws {
            try await Self.withWhole { whole in
                try whole.startCollector()
                let run = UUID()
                var (from, rows, last) = (0, 0, 0)
                for attempt in 0...Cycles.count {
                    let progress = ProgressFile()
                    defer { progress.remove() }
                    let trainer = try whole.startTrainer(
                        runs: [run],
                        ["--progress", progress.path, "--pace", attempt % 2 == 0 ? "0" : "50"]
                            + (attempt == 0 ? [] : ["--resume", "\(from)"]))
                    // An attempt that ends before its first step is none that anybody could tell.
                    try await until { (try? progress.read())?.first ?? 0 > 0 }
                    try await Cycles.pause(atMost: 150)
                    #expect(try repeatedSteps(whole, run) == 0)
                    trainer.kill()
                    let returned = try progress.read()[0]
                    rows += returned
                    last = from + returned
                    // A checkpoint is somewhere before the crash, seldom at it.
                    from = Int.random(in: (last / 2)...last)
                }
                try whole.replay()
                // The call under way when a process was killed may have recorded its step, or not.
                let found = try whole.count(run)
                #expect((rows...rows + Cycles.count + 1).contains(found))
                let seen = try whole.checksum(run, in: "training_steps")
                #expect((last...last + 1).contains(seen.count))
                #expect(seen == TrainingChecksum(of: 0..<seen.count))
                #expect(try whole.value("attempt", of: run) == "\(Cycles.count)")
            }
        }

        /// How many rows of the view repeat a step that another one has.
        private func repeatedSteps(_ whole: Whole, _ run: UUID) throws -> Int64? {
            try whole.database.connect().query(
                "SELECT count(*) - count(DISTINCT step) FROM training_steps WHERE run_id = $1", [.uuid(run)]
            ).int64(0, 0)
        }

        @Test("Processes of one run record side by side, and resume together")
        func ranks() async throws {
            try await Self.withWhole { whole in
                try whole.startCollector()
                let run = UUID()
                func start(_ more: [String]) throws -> [ChildProcess] {
                    try (0..<3).map { rank in
                        try whole.startTrainer(runs: [run], ["--rank", "\(rank)"] + more)
                    }
                }
                for trainer in try start(["--steps", "2000"]) { #expect(trainer.wait().status == 0) }
                let again = ["--steps", "500", "--resume", "1800", "--attempt", "4"]
                for trainer in try start(again) { #expect(trainer.wait().status == 0) }
                #expect(try whole.count(run) == 3 * 2_500)
                let perRank = try whole.database.connect().query(
                    """
                    SELECT count(*), count(DISTINCT step), max(step), count(*) FILTER (WHERE attempt = 4)
                    FROM training_steps WHERE run_id = $1 GROUP BY rank ORDER BY rank
                    """, [.uuid(run)])
                try #require(perRank.count == 3)
                for rank in 0..<3 {
                    #expect((0..<4).map { perRank.int64(rank, $0) } == [2_300, 2_300, 2_299, 500])
                }
                #expect(try whole.value("status", of: run) == "finished")
                #expect(try whole.value("attempt", of: run) == "4")
            }
        }

        @Test("A killed run is marked as crashed, and runs again when its next attempt does")
        func crashed() async throws {
            try await Self.withWhole { whole in
                try whole.startCollector(["--runs-crashed-after-seconds", "2"])
                let run = UUID()
                let trainer = try whole.startTrainer(runs: [run], ["--pace", "1000"])
                try await until { try whole.value("status", of: run) == "running" }
                trainer.kill()
                try await until { try whole.value("status", of: run) == "crashed" }
                #expect(try whole.value("finished = last_heartbeat", of: run) == "true")
                #expect(try whole.value("finish_reason", of: run) == "no sign of life for 2 s")
                let next = try whole.startTrainer(runs: [run], ["--pace", "1000", "--resume", "10"])
                // Rows that the killed process left, and that the next one sends, are signs of life too.
                try await until { try whole.value("status || attempt", of: run) == "running1" }
                #expect(next.end(by: SIGKILL) == SIGKILL)
            }
        }

        @Test("A run that was stopped is marked as crashed, and its steps alone make it running again")
        func revived() async throws {
            try await Self.withWhole { whole in
                try whole.startCollector(["--runs-crashed-after-seconds", "3"])
                let run = UUID()
                let trainer = try whole.startTrainer(runs: [run], ["--pace", "1000"])
                try await until { try whole.value("status", of: run) == "running" }
                trainer.send(SIGSTOP)
                try await until { try whole.value("status", of: run) == "crashed" }
                trainer.send(SIGCONT)
                try await until {
                    try whole.value(
                        "status = 'running' AND finished IS NULL AND finish_reason IS NULL", of: run)
                        == "true"
                }
                #expect(trainer.end(by: SIGKILL) == SIGKILL)
            }
        }

        @Test("SIGTERM and SIGINT: killed in the database, every step there, and ended by the signal")
        func signals() async throws {
            try await Self.withWhole { whole in
                try whole.startCollector()
                for (signal, name) in [(SIGTERM, "SIGTERM"), (SIGINT, "SIGINT")] {
                    let progress = ProgressFile()
                    defer { progress.remove() }
                    let runs = [UUID(), UUID()]
                    let trainer = try whole.startTrainer(
                        runs: runs,
                        ["--progress", progress.path, "--pace", "1000", "--on-signals", "finish"])
                    for run in runs { try await until { try whole.count(run) > 10 } }
                    #expect(trainer.end(by: signal) == signal)
                    for run in runs {
                        #expect(try whole.value("status", of: run) == "killed")
                        #expect(try whole.value("finish_reason", of: run) == name)
                        let found = try whole.checksum(run)
                        #expect(found == TrainingChecksum(of: 0..<found.count))
                    }
                }
            }
        }

        @Test("SIGTERM without a collector ends the process in time, and a replay tells that it was killed")
        func signalOffline() async throws {
            try await Self.withWhole { whole in
                let run = UUID()
                let progress = ProgressFile()
                defer { progress.remove() }
                let trainer = try whole.startTrainer(
                    runs: [run],
                    [
                        "--progress", progress.path, "--pace", "1000", "--on-signals", "finish",
                        "--timeout", "1",
                    ])
                try await until { (try? progress.read())?.first ?? 0 > 0 }
                try await Cycles.pause(atMost: 200)
                #expect(trainer.end(by: SIGTERM) == SIGTERM)
                try whole.replay()
                #expect(try whole.value("status", of: run) == "killed")
                let found = try whole.checksum(run)
                #expect(found == TrainingChecksum(of: 0..<found.count))
            }
        }

        @Test("While a process ends by one signal, another ends it at once")
        func secondSignal() async throws {
            try await Self.withWhole { whole in
                let progress = ProgressFile()
                defer { progress.remove() }
                // No collector: it would wait for the whole timeout.
                let trainer = try whole.startTrainer(
                    runs: [UUID()],
                    [
                        "--progress", progress.path, "--pace", "1000", "--on-signals", "finish",
                        "--timeout", "3600",
                    ])
                func steps() -> Int { (try? progress.read())?.first ?? 0 }
                try await until { steps() > 0 }
                trainer.send(SIGTERM)
                // It has begun to end once it takes no more steps.
                var last = -1
                while steps() != last {
                    last = steps()
                    try await Task.sleep(for: .seconds(1))
                }
                #expect(trainer.end(by: SIGINT) == SIGINT)
            }
        }

        @Test("Attempts recorded offline and replayed in any order make the same view")
        func offline() async throws {
            try await Self.withWhole { whole in
                let run = UUID()
                let offline = ["--mode", "offline", "--timeout", "0"]
                for resume in [[], ["--resume", "60"], ["--resume", "30"]] {
                    let trainer = try whole.startTrainer(runs: [run], ["--steps", "100"] + resume + offline)
                    #expect(trainer.wait().status == 0)
                }
                try whole.replay()
                #expect(try whole.count(run) == 300)
                #expect(
                    try whole.checksum(run, in: "training_steps") == TrainingChecksum(of: 0..<130))
                #expect(try whole.value("status || ' ' || attempt", of: run) == "finished 2")
            }
        }
    }
}
