import ArgumentParser
import Foundation
import HyperstepCollector
import Logging

struct Replay: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Commit what programs that are gone left in a state directory, each record exactly once.",
        discussion: """
            Records of programs that still run are left to them. In a directory that users share it sends what is in \
            the folder of each, as far as it may read it: run by root, everybody's. It can run beside collectors and be run again: \
            what is in the database already is not written twice.
            """)

    enum Format: String, ExpressibleByArgument, CaseIterable { case text, json }

    @Argument(help: "The state directory: HYPERSTEP_DIR of the programs that recorded.")
    var directory: String

    @Option(help: "How to report: text or json.")
    var format = Format.text

    @OptionGroup var settings: SettingsOptions

    @OptionGroup var writing: WritingOptions

    func run() async throws {
        let settings = try await settings.read(writing.flags)
        let logger = Logger.collector(level: settings.logLevel)
        let report = try await ReplayCommand(settings: settings, directory: directory, logger: logger).run()
        switch format {
        case .text: print(report.text)
        case .json: print(try report.json)
        }
        if !report.damaged.isEmpty || !report.leftAlone.isEmpty { throw ExitCode(1) }
    }
}

extension ReplayReport {
    /// What a person reads.
    fileprivate var text: String {
        var lines = ["\(recorders) recorders replayed: \(positions) records are in the database"]
        if rejected > 0 { lines.append("\(rejected) records were refused: see the table ingest_rejects") }
        if live > 0 {
            lines.append("\(live) recorders belong to programs that run, which send them themselves")
        }
        lines += damaged.map { "damaged: \($0)" }
        lines += leftAlone.map { "left alone: \($0)" }
        return lines.joined(separator: "\n")
    }

    /// What a script reads, in one line.
    fileprivate var json: String {
        get throws {
            let object: [String: Any] = [
                "recorders": recorders, "records": positions, "rejected": rejected, "live": live,
                "damaged": damaged, "left_alone": leftAlone,
            ]
            let data = try JSONSerialization.data(withJSONObject: object, options: [.sortedKeys])
            return String(decoding: data, as: UTF8.self)
        }
    }
}
