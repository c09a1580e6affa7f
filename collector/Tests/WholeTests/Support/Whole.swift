import Foundation
import HyperstepPostgres
import TestDatabases
import Testing
import TrainingPattern

/// Everything that one test of the whole needs: a database of its own, a state directory, and the programs.
final class Whole {
    let edition: TestEdition
    /// Where the collectors that are started from now on write.
    var database: TestDatabase
    /// The trainers' state directory.
    let directory: String
    private let folder: String
    /// Where the collector listens, the same over its restarts.
    let port: Int
    private(set) var collector: ChildProcess?
    private var collectorLogs: [String] = []

    /// - Parameter port: where the collector is to listen, if another one listened there before.
    init(_ edition: TestEdition, _ database: TestDatabase, port: Int? = nil) throws {
        self.edition = edition
        self.database = database
        folder =
            FileManager.default.temporaryDirectory.appending(path: "hyperstep-whole-\(UUID().uuidString)")
            .path
        directory = folder + "/state"
        self.port = try port ?? FreePort.find()
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        #expect(try run("hyperstep-collector", ["migrate"]).status == 0, "migrate failed: see \(folder)")
        try enableColumnstore()
    }

    /// Has what comes in large groups compressed on its way in, where the edition can, so that all that is
    /// killed here is killed in the midst of this, too.
    private func enableColumnstore() throws {
        guard edition.name == "community" else { return }
        try database.connect().execute(
            """
            ALTER TABLE training_metrics SET (timescaledb.enable_columnstore,
                timescaledb.segmentby = 'model_id, run_id', timescaledb.orderby = 'time DESC')
            """)
    }

    deinit {
        collector?.kill()
        try? FileManager.default.removeItem(atPath: folder)
    }

    var endpoint: String { "http://127.0.0.1:\(port)" }
    /// The policy file of the collector's commands, if not the defaults.
    var policies: String?
    var collectorEnvironment: [String: String] {
        var environment = ["HYPERSTEP_DATABASE_URL": database.url]
        environment["HYPERSTEP_POLICIES_FILE"] = policies
        return environment
    }

    /// Runs a program to its end.
    func run(_ program: String, _ arguments: [String]) throws -> (status: Int32, output: String) {
        try start(program, arguments).wait()
    }

    func start(
        _ program: String, _ arguments: [String], input: FileHandle = .nullDevice
    ) throws -> ChildProcess {
        try ChildProcess(
            program, arguments, environment: collectorEnvironment, input: input,
            log: folder + "/\(program)-\(UUID()).log")
    }

    /// Writes a file of that name that a program is to read; returns its path.
    func write(_ name: String, _ text: String) throws -> String {
        let path = folder + "/" + name
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    /// Starts the collector, and waits until it serves (not until it has a database).
    func startCollector(_ arguments: [String] = []) throws {
        let collector = try start(
            "hyperstep-collector", ["serve", "--listen", "127.0.0.1:\(port)"] + arguments)
        self.collector = collector
        collectorLogs.append(collector.log)
        while Health.status(port: port, "/healthz") != 200 {
            guard collector.isRunning else {
                let log = (try? String(contentsOfFile: collector.log, encoding: .utf8)) ?? ""
                Issue.record("the collector ended at its start: \(log)")
                throw CancellationError()
            }
            usleep(5_000)
        }
    }

    /// What all collectors have logged.
    var errors: String {
        collectorLogs.compactMap { try? String(contentsOfFile: $0, encoding: .utf8) }.joined()
    }

    /// A training loop in a process of its own.
    func startTrainer(runs: [UUID], through port: Int? = nil, _ arguments: [String] = []) throws
        -> ChildProcess
    {
        try start(
            "test-trainer",
            ["--directory", directory, "--endpoint", "http://127.0.0.1:\(port ?? self.port)"]
                + runs.flatMap { ["--run", $0.uuidString] } + arguments)
    }

    /// What the database holds of a run.
    func checksum(_ run: UUID, in relation: String = "training_metrics") throws -> TrainingChecksum {
        let rows = try database.connect().query(
            "SELECT \(TrainingChecksum.selectList) FROM \(relation) WHERE run_id = $1", [.uuid(run)])
        let columns = TrainingPattern.columns.indices
        return TrainingChecksum(
            count: Int(rows.int64(0, 0) ?? -1), steps: Int(rows.int64(0, 1) ?? -1),
            places: rows.double(0, 2) ?? .nan,
            present: columns.map { Int(rows.int64(0, 3 + 2 * $0) ?? -1) },
            sums: columns.map { rows.double(0, 4 + 2 * $0) ?? .nan })
    }

    /// How many rows the database holds of a run.
    func count(_ run: UUID) throws -> Int {
        let rows = try database.connect().query(
            "SELECT count(*) FROM training_metrics WHERE run_id = $1", [.uuid(run)])
        return Int(rows.int64(0, 0) ?? -1)
    }

    /// One value of the run's row, as text; nil where there is no row or the value is null.
    func value(_ expression: String, of run: UUID) throws -> String? {
        let rows = try database.connect().query(
            "SELECT (\(expression))::text FROM runs WHERE id = $1", [.uuid(run)])
        return rows.count > 0 ? rows.text(0, 0) : nil
    }

    /// Has the collector write what dead trainers left in the state directory.
    func replay() throws {
        let (status, output) = try run("hyperstep-collector", ["replay", directory])
        #expect(status == 0, "replay: \(output)")
    }
}
