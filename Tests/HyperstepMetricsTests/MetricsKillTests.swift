#if SwiftMetrics
    import CoreMetrics
    import Foundation
    import Hyperstep
    import HyperstepTestKit
    import TestChildren
    import TestRandom
    import Testing

    @testable import HyperstepMetrics

    @Suite("kill -9 of a process with metrics", .serialized, .timeLimit(.minutes(10)))
    struct MetricsKillTests {
        @Test("Every call that returned is in exactly one row of the collector's", arguments: 0..<8)
        func killed(round: Int) async throws {
            try await withTestCollector { collector in
                var numbers = Seeded(UInt64(round) &+ 5)
                let threads = 1 + round % 4
                let settings = collector.settings
                let directory = try #require(settings.directory)
                let outside = NSTemporaryDirectory() + "hyperstep-test-\(UUID().uuidString)"
                defer { try? FileManager.default.removeItem(atPath: outside) }
                let progress = try Progress(outside, lines: threads)
                let child = try ChildProcess(
                    "test-metered-server",
                    [try #require(settings.endpoint), directory, outside, "\(threads)"])
                // In its first interval, or after some windows have been sent.
                let moment = UInt64.random(in: 1...30_000, using: &numbers)
                // Of each thread something: one may get its first turn late.
                while progress.sum < moment || progress.counts.contains(0), !child.hasEnded {
                    try await Task.sleep(for: .milliseconds(1))
                }
                child.kill()

                // Whoever records next sends what was left.
                let next = try HyperstepMetricsFactory.start(service: "next", settings: settings)
                func files() throws -> Int {
                    try FileManager.default.contentsOfDirectory(atPath: directory).count
                }
                while try files() > 1 { try await Task.sleep(for: .milliseconds(5)) }
                await next.shutdown(timeout: .seconds(60))

                let counts = progress.counts
                let turns = counts.reduce(0, +)
                #expect(turns >= moment)
                for name in ["turns", "durations", "values"] {
                    let series = collector.series.filter { $0.name == name }
                    let count = UInt64(series.reduce(0) { $0 + $1.count })
                    // A thread may have been between its call and saying so.
                    #expect(count >= turns && count <= turns + UInt64(threads), "\(name)")
                    #expect(series.allSatisfy { $0.service == "metered" })
                    let instances = Set(series.flatMap(\.windows).map(\.instance))
                    #expect(instances.count == 1)
                    #expect(series.flatMap(\.windows).allSatisfy { $0.duration > .zero })
                }
                for half in 0..<min(2, threads) {
                    let dimensions = ["half": "\(half)"]
                    let counter = try #require(collector.series("turns", dimensions))
                    // Killed between counting and adding, a call has added and not counted.
                    let excess = counter.sum - 3 * Double(counter.count)
                    #expect((0...3 * Double(threads)).contains(excess) && counter.last == counter.sum)
                    let timer = try #require(collector.series("durations", dimensions))
                    let least = try #require(timer.min)
                    #expect(least == 1_000)
                    let values = try #require(collector.series("values", dimensions))
                    #expect(values.min == -12 && values.max.map { $0 <= 12.75 } == true)
                }
            }
        }
    }
#endif
