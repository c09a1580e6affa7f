import Foundation
import Hyperstep
import HyperstepPostgres
import TestDatabases
import Testing
import TrainingPattern

extension WholeTests {
    @Suite(
        "Steps taken are rows committed",
        .needsDatabase, .mayBlock)
    struct StepsAreRowsTests {
        @Test("8 threads with 100,000 steps each or more into 8 runs", arguments: TestEdition.all)
        func eightRuns(edition: TestEdition) async throws {
            try withTestDatabase(edition) { database in
                let whole = try Whole(edition, database)
                try whole.startCollector()
                let runs = (0..<8).map { _ in UUID() }
                let trainer = try whole.startTrainer(
                    runs: runs, ["--steps", "\(Cycles.steps)", "--timeout", "300", "--ring", "131072"])
                let (status, output) = trainer.wait()
                #expect(status == 0)
                for run in runs { #expect(output.contains("\(run) \(Cycles.steps) 0 0 0"), "\(output)") }
                let expected = TrainingChecksum(of: 0..<Cycles.steps)
                for run in runs { #expect(try whole.checksum(run) == expected) }
            }
        }

        @Test(
            "NaN, infinities, extremes and absent columns come back bit for bit", arguments: TestEdition.all)
        func bits(edition: TestEdition) async throws {
            try await withTestDatabase(edition) { database in
                let whole = try Whole(edition, database)
                try whole.startCollector()
                let run = try Run.start(
                    project: "whole", name: "bits", model: "bits",
                    settings: Settings(endpoint: whole.endpoint, directory: whole.directory))
                var generator = SystemRandomNumberGenerator()
                let specials: [Double] = [
                    .nan, .signalingNaN, Double(bitPattern: 0xFFF8_DEAD_BEEF_0001), .infinity, -.infinity,
                    -0.0, 0,
                    .leastNonzeroMagnitude, .greatestFiniteMagnitude, -.greatestFiniteMagnitude,
                ]
                var rows: [[Double?]] = []
                for step in 0..<2_000 {
                    let row = (0..<8).map { _ -> Double? in
                        switch Int.random(in: 0..<3, using: &generator) {
                        case 0: nil
                        case 1: specials.randomElement(using: &generator)
                        default: Double(bitPattern: generator.next())
                        }
                    }
                    // Where it is left out, the time between calls is measured.
                    rows.append(Array(row[..<7]) + [row[7] ?? 1.5])
                    run.step(
                        step, epoch: step, batch: -step, loss: row[0], accuracy: row[1], precision: row[2],
                        recall: row[3], f1Score: row[4], learningRate: row[5], gradientNorm: row[6],
                        stepTimeMs: row[7] ?? 1.5)
                }
                let report = await run.finish(timeout: .seconds(60))
                #expect(report == FinishReport(committed: 2_000))
                let columns = TrainingPattern.columns.map { "float8send(\($0))" }.joined(separator: ", ")
                let read = try database.connect().query(
                    "SELECT step, epoch, batch, \(columns) FROM training_metrics WHERE run_id = $1 ORDER BY step",
                    [.uuid(run.id)])
                try #require(read.count == rows.count)
                for (step, row) in rows.enumerated() {
                    let places = (0..<3).map { read.int64(step, $0) }
                    #expect(places == [Int64(step), Int64(step), Int64(-step)])
                    for (column, value) in row.enumerated() {
                        let bits = read.byteArray(step, 3 + column)?.reduce(UInt64(0)) {
                            $0 << 8 | UInt64($1)
                        }
                        #expect(bits == value?.bitPattern, "step \(step), \(TrainingPattern.columns[column])")
                    }
                }
            }
        }

        @Test("A run says in the table runs what it was and how it ended", arguments: TestEdition.all)
        func runsTable(edition: TestEdition) async throws {
            try await withTestDatabase(edition) { database in
                let whole = try Whole(edition, database)
                try whole.startCollector()
                let run = try Run.start(
                    project: "whole", name: "a run", model: "m", modelVersion: "3",
                    parameters: ["learning_rate": 0.5, "not a number": .double(.nan)], tags: ["one", "two"],
                    settings: Settings(endpoint: whole.endpoint, directory: whole.directory))
                _ = await run.finish(.failed("diverged"), timeout: .seconds(60))
                let row = try database.connect().query(
                    """
                    SELECT project, runs.name, status, parameters->>'learning_rate', array_to_string(tags, ','),
                           models.name, models.version, started <= finished, finish_reason
                    FROM runs JOIN models ON models.id = model_id WHERE runs.id = $1
                    """, [.uuid(run.id)])
                let texts = (0..<7).map { row.text(0, $0) }
                #expect(texts == ["whole", "a run", "failed", "0.5", "one,two", "m", "3"])
                #expect(row.bool(0, 7) == true)
                #expect(row.text(0, 8) == "diverged")
            }
        }

        @Test("What was recorded offline is in the database after a replay, and once after two")
        func replay() async throws {
            let edition = try #require(TestEdition.all.first)
            try withTestDatabase(edition) { database in
                let whole = try Whole(edition, database)
                let run = UUID()
                let trainer = try whole.startTrainer(
                    runs: [run],
                    ["--mode", "offline", "--steps", "200000", "--when-full", "drop", "--pace", "1"])
                let output = trainer.wait().output.split(whereSeparator: \.isWhitespace)
                let spooled = try #require(Int(output[2]))
                #expect(output[3] == "0" && spooled == 200_000)
                try whole.replay()
                try whole.replay()
                #expect(try whole.checksum(run) == TrainingChecksum(of: 0..<spooled))
                #expect(try FileManager.default.contentsOfDirectory(atPath: whole.directory) == [])
            }
        }
    }
}
