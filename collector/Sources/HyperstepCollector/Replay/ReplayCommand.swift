import HyperstepRecorder
import HyperstepShipper
public import Logging

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Commits what dead programs left in a state directory: `hyperstep-collector replay DIR`.
///
/// It writes to the database itself, under the same ledger as every collector, so that it may run beside them
/// and any number of times.
public struct ReplayCommand: Sendable {
    private let settings: CollectorSettings
    private let directory: String
    private let patience: Duration
    private let logger: Logger

    /// - Parameters:
    ///   - directory: the state directory (`HYPERSTEP_DIR` of the programs that recorded).
    ///   - patience: how long a database that takes nothing is waited for.
    public init(
        settings: CollectorSettings, directory: String, patience: Duration = .seconds(60), logger: Logger
    ) {
        self.settings = settings
        self.directory = directory
        self.patience = patience
        self.logger = logger
    }

    /// Replays the directory.
    ///
    /// - Throws: `ReplayError` or an error of the file system, which say what to do. What was committed before
    ///   stays committed, the rest stays in its files.
    public func run() async throws -> ReplayReport {
        guard FileManager.default.fileExists(atPath: directory) else {
            throw ReplayError(
                description:
                    "\(directory): no such directory; give the HYPERSTEP_DIR of the programs that recorded")
        }
        let ingest = Ingest(url: settings.databaseURL, options: settings.ingestOptions, logger: logger)
        ingest.start()
        let result: Result<ReplayReport, any Error>
        do { result = .success(try await replay(with: ingest)) } catch { result = .failure(error) }
        await ingest.drain(timeout: .seconds(settings.shutdownSeconds))
        return try result.get()
    }

    /// The directory itself and, where users share it, the folder of each: root sends everybody's.
    private func replay(with ingest: Ingest) async throws -> ReplayReport {
        let (directories, leftAlone) = try UserDirectory.all(in: directory)
        var report = ReplayReport()
        leftAlone.forEach { leave($0, &report) }
        for directory in directories { try await replay(directory, with: ingest, &report) }
        return report
    }

    private func replay(
        _ directory: RecorderDirectory, with ingest: Ingest, _ report: inout ReplayReport
    ) async throws {
        let scan = try directory.scan(of: .everybody)
        report.live += scan.live.count
        report.damaged += scan.reports.map(\.description)
        scan.leftAlone.forEach { leave($0, &report) }
        for (index, id) in scan.orphans.enumerated() {
            do {
                switch try directory.adopt(id) {
                case .adopted(let recorder):
                    logger.info(
                        "replaying \(index + 1) of \(scan.orphans.count)",
                        metadata: ["file": "\(recorder.path)"])
                    report.damaged += recorder.reports.map(\.description)
                    try await replay(recorder, with: ingest, &report)
                case .unreadable(let why): report.damaged.append(why.description)
                case .live: report.live += 1
                case .gone: break
                }
            } catch let error as RecorderError {
                // Of one file: the others may fare better.
                leave(LeftAloneFile(error), &report)
            }
        }
    }

    private func leave(_ file: LeftAloneFile, _ report: inout ReplayReport) {
        logger.warning("a file is left alone", metadata: ["file": "\(file)"])
        report.leftAlone.append(file.description)
    }

    private func replay(_ recorder: Recorder, with ingest: Ingest, _ report: inout ReplayReport) async throws
    {
        // Whatever happens, the file's lock is given back.
        defer { recorder.close() }
        do {
            try await commit(recorder, with: ingest, &report)
        } catch let error as ReplayError {
            // The database: the other files would fare no better.
            throw error
        } catch {
            report.damaged.append("\(recorder.path): \(error)")
        }
    }

    private func commit(_ recorder: Recorder, with ingest: Ingest, _ report: inout ReplayReport) async throws
    {
        for reader in try recorder.streams(spoolLimit: .max) {
            var isComplete = true
            repeat {
                // What the program had counted and not yet sent. Only so much fits the ring at once.
                isComplete = recorder.takeWindows(for: reader.kind, at: 0).isComplete
                let start = reader.start
                let outcome = try await StreamReplay(reader: reader, ingest: ingest, patience: patience).run()
                report.positions += outcome.committed
                report.rejected += outcome.rejected
                guard isComplete || reader.start > start else { throw WindowsLeft(stream: reader.stream) }
            } while !isComplete
        }
        report.recorders += 1
        try recorder.remove()
    }
}
