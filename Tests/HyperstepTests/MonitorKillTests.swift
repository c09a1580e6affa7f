import Foundation
import HyperstepTestKit
import TestChildren
import TestRandom
import Testing

@testable import Hyperstep

@Suite("kill -9 of a process with monitors", .serialized, .timeLimit(.minutes(10)))
struct MonitorKillTests {
    @Test("Every request that was counted is in exactly one window of the collector's", arguments: 0..<8)
    func killed(round: Int) async throws {
        try await withTestCollector { collector in
            var numbers = Seeded(UInt64(round))
            let threads = 1 + round % 4
            let settings = collector.settings
            let directory = try #require(settings.directory)
            let outside = try TemporaryDirectory()
            let progress = try Progress(outside.path + "/progress", lines: threads)
            let child = try ChildProcess(
                "test-monitored-server",
                [try #require(settings.endpoint), directory, outside.path + "/progress", "\(threads)"])
            // In its first interval, or after some windows have been sent.
            let moment = UInt64.random(in: 1...50_000, using: &numbers)
            while progress.sum < moment && !child.hasEnded { try await Task.sleep(for: .milliseconds(1)) }
            child.kill()

            // Whoever records next sends what was left.
            let registry = MonitorRegistry()
            let (logger, lines) = RecordedLines.logger()
            let monitor = try registry.monitor(
                model: "next", modelVersion: nil, endpoint: "/", settings: settings, logger: logger)
            #expect(monitor.isRecording)
            func files() throws -> Int {
                try FileManager.default.contentsOfDirectory(atPath: directory).count
            }
            while try files() > 1 { try await Task.sleep(for: .milliseconds(5)) }
            let counted = progress.sum
            let sum = UInt64(collector.windows.reduce(0) { $0 + $1.requests })
            #expect(counted >= moment && sum >= counted && sum <= counted + UInt64(threads))
            #expect(Set(collector.windows.map(\.instance)).count == 1)
            #expect(collector.windows.allSatisfy { $0.duration > .zero })
            #expect(await registry.shutdown(timeout: .seconds(60)).spooled == 0)
            #expect(try files() == 0)
            let surprises = Self.surprises(lines.all)
            #expect(surprises.isEmpty, "\(surprises)")
        }
    }

    @Test("What a monitor counted is what the collector has, token by token")
    func whole() async throws {
        try await withTestCollector { collector in
            let registry = MonitorRegistry()
            let (logger, lines) = RecordedLines.logger()
            let monitor = try registry.monitor(
                model: "m", modelVersion: "2", endpoint: "/generate", settings: collector.settings,
                logger: logger)
            for number in 1...1_000 {
                monitor.record(
                    InferenceRequest(
                        latency: .milliseconds(number), outcome: number % 10 == 0 ? .error : .ok,
                        queueTime: .microseconds(number), timeToFirstToken: .microseconds(500 * number),
                        inputTokens: 3, outputTokens: 2))
            }
            let report = await registry.shutdown(timeout: .seconds(60))
            #expect(report.committed == UInt64(collector.windows.count) && report.spooled == 0)
            let windows = collector.windows
            #expect(windows.allSatisfy { $0.model == "m" && $0.endpoint == "/generate" })
            #expect(windows.reduce(0) { $0 + $1.requests } == 1_000)
            #expect(windows.reduce(0) { $0 + $1.errors } == 100)
            #expect(windows.reduce(0) { $0 + $1.inputTokens } == 3_000)
            #expect(windows.reduce(0) { $0 + $1.outputTokens } == 2_000)
            let longest = try #require(windows.compactMap { $0.percentile(1) }.max())
            #expect((Duration.milliseconds(990) ... .milliseconds(1_010)).contains(longest))
            // The one token after the first came after the other half of the latency.
            let perToken = try #require(
                windows.compactMap { $0.percentile(1, of: .timePerOutputToken) }.max())
            #expect((Duration.milliseconds(494) ... .milliseconds(505)).contains(perToken))
            let surprises = Self.surprises(lines.all)
            #expect(surprises.isEmpty, "\(surprises)")
        }
    }

    /// Of warnings, none but those of a machine so slow that a connection is given up, by either end, because the
    /// other had no turn to begin to speak.
    private static func surprises(_ lines: [String]) -> [String] {
        lines.filter { line in
            !line.hasPrefix("info") && !line.contains("but sent no HTTP/2 settings")
                && !line.contains("SETTINGS_TIMEOUT")
        }
    }
}
