import HyperstepPostgres
import SampleData
import TestDatabases
import Testing

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

@Suite(
    "Questions about serving",
    .needsDatabase, .mayBlock)
struct ServingQuestionTests {
    @Test(
        "The dashboard's percentiles are within 1 % of the requests' own; alerts name what went wrong",
        arguments: TestEdition.all)
    func serving(_ edition: TestEdition) throws {
        try SampleDatabase.with(edition) { database in
            for server in database.data.servers { try dashboard(database, server) }
            try machines(database)
            try alerts(database)
            try timer(database)
            try counter(database)
            let server = database.data.servers[0]
            let variables = [
                "model": server.model.id.uuidString, "endpoint": server.endpoint, "window": "6 hours",
            ]
            try database.expectExclusion("serving-dashboard", variables, hours: 6, mustExclude: false)
            try database.expectExclusion("server-machines", variables, hours: 6)
            try database.expectExclusion("alerts", [:], hours: 26, mustExclude: false)
            let instruments = ["service": SampleSeries.service, "by": "outcome", "window": "6 hours"]
            for (question, name) in [
                ("service-timer", SampleSeries.duration), ("service-counter", SampleSeries.requests),
            ] {
                try database.expectExclusion(
                    question, instruments.merging(["name": name]) { $1 }, hours: 6, mustExclude: false)
            }
        }
    }

    private func dashboard(_ database: SampleDatabase, _ server: SampleServer) throws {
        let rows = try database.ask(
            "serving-dashboard",
            ["model": server.model.id.uuidString, "endpoint": server.endpoint, "window": "6 hours"])
        let begin = database.now - 6 * 3_600_000_000
        let windows = database.windows.filter {
            $0.server.model.id == server.model.id && $0.server.endpoint == server.endpoint
        }.map(\.window)
        let groups = Dictionary(grouping: windows) { SampleDatabase.bucket($0.time, seconds: 300) }
            .filter { $0.key >= begin }
        #expect(rows.count == groups.count)
        #expect(rows.count > 60)
        for row in 0..<rows.count {
            let group = try #require(rows.int64(row, 0).flatMap { groups[$0] })
            let latencies = group.flatMap(\.latencies).sorted()
            #expect(rows.int64(row, 1) == Int64(latencies.count))
            #expect(rows.int64(row, 2) == group.map(\.errors).reduce(0, +))
            for (column, p) in [(5, 0.5), (6, 0.9), (7, 0.99)] {
                #expect(isClose(rows.double(row, column), SampleWindow.percentile(p, of: latencies), 0.01))
            }
            #expect(isClose(rows.double(row, 8), Moments(group.map(\.cpu)).average))
            let tokens = group.compactMap(\.inputTokens)
            #expect(rows.int64(row, 11) == (tokens.isEmpty ? nil : tokens.reduce(0, +)))
        }
    }

    private func machines(_ database: SampleDatabase) throws {
        let model = database.data.servers[0].model.id
        let servers = database.data.servers.filter { $0.model.id == model }
        let rows = try database.ask("server-machines", ["model": model.uuidString, "window": "6 hours"])
        var groups: [String: [SampleMachine]] = [:]
        for server in servers {
            for sample in database.data.machines(of: server)
            where SampleDatabase.time(sample.time) >= database.now - 6 * 3_600_000_000 {
                let bucket = SampleDatabase.bucket(sample.time, seconds: 300)
                groups["\(bucket) \(server.instance) \(sample.device)", default: []].append(sample)
            }
        }
        #expect(servers.count == 2 && rows.count == groups.count && rows.count > 4 * 60)
        for row in 0..<rows.count {
            let instance = try #require(rows.uuid(row, 1))
            let group = try #require(groups["\(rows.int64(row, 0)!) \(instance) \(rows.text(row, 2)!)"])
            #expect(isClose(rows.double(row, 3), Moments(group.map(\.utilization)).average))
            #expect(rows.int64(row, 4) == group.map(\.memory).max())
            #expect(rows.double(row, 5) == group.compactMap(\.power).max())
            #expect(rows.int64(row, 8) == group.compactMap(\.memoryLimit).max())
            let read = group.compactMap(\.moved).map(\.read)
            #expect(
                isClose(rows.double(row, 9), read.isEmpty ? nil : Double(read.reduce(0, +)) / 300))
        }
    }

    /// Windows of all endpoints by the 5 minutes that they end in.
    private func recent(_ database: SampleDatabase) -> [Int64: [SampleWindow]] {
        let begin = database.now - 6 * 3_600_000_000
        let windows = database.windows.map(\.window).filter { SampleDatabase.time($0.time) >= begin }
        return Dictionary(grouping: windows) { SampleDatabase.bucket($0.time, seconds: 300) }
    }

    private func timer(_ database: SampleDatabase) throws {
        let rows = try database.ask(
            "service-timer",
            ["service": SampleSeries.service, "name": SampleSeries.duration, "window": "6 hours"])
        let groups = recent(database).mapValues { $0.flatMap(\.latencies).sorted() }.filter {
            !$0.value.isEmpty
        }
        #expect(rows.count == groups.count && rows.count > 60)
        for row in 0..<rows.count {
            let latencies = try #require(rows.int64(row, 0).flatMap { groups[$0] })
            #expect(rows.int64(row, 1) == Int64(latencies.count))
            #expect(isClose(rows.double(row, 2), Double(latencies.count) / 300))
            #expect(isClose(rows.double(row, 3), Moments(latencies).average))
            for (column, p) in [(4, 0.5), (5, 0.9), (6, 0.99)] {
                #expect(isClose(rows.double(row, column), SampleWindow.percentile(p, of: latencies), 0.01))
            }
        }
    }

    private func counter(_ database: SampleDatabase) throws {
        let rows = try database.ask(
            "service-counter",
            [
                "service": SampleSeries.service, "name": SampleSeries.requests, "by": "outcome",
                "window": "6 hours",
            ])
        var expected: [String: Double] = [:]
        for (bucket, windows) in recent(database) {
            for window in windows {
                expected["\(bucket) error", default: 0] += Double(window.errors)
                expected["\(bucket) ok", default: 0] += Double(Int64(window.latencies.count) - window.errors)
            }
        }
        var told: [String: Double] = [:]
        for row in 0..<rows.count {
            told["\(rows.int64(row, 0) ?? 0) \(rows.text(row, 1) ?? "")"] = rows.double(row, 2)
            #expect(isClose(rows.double(row, 3), rows.double(row, 2).map { $0 / 300 }))
        }
        #expect(told == expected.filter { $0.value > 0 })
        #expect(told.keys.contains { $0.hasSuffix("error") })
    }

    private func alerts(_ database: SampleDatabase) throws {
        let rows = try database.ask("alerts")
        let told = Set((0..<rows.count).map { "\(rows.text($0, 1) ?? "") \(rows.text($0, 2) ?? "")" })
        // One a multiple of five minutes, the other within the last of them: what is asked begins between.
        let recent = (database.now - 900_000_000) / 300_000_000 * 300_000_000
        var expected: Set<String> = []
        for windows in Dictionary(
            grouping: database.windows, by: { "\($0.server.model.id) \($0.server.endpoint)" }
        ).values {
            let endpoint = windows[0].server.endpoint
            func within(_ from: Int64, _ to: Int64) -> [SampleWindow] {
                windows.map(\.window).filter { (from..<to).contains(SampleDatabase.time($0.time)) }
            }
            let now = within(recent, .max)
            let requests = now.map(\.latencies.count).reduce(0, +)
            let p99 = percentile(now)
            let usual = percentile(within(recent - 86_400_000_000, recent))
            if let p99, let usual, p99 > 1.5 * usual { expected.insert("\(endpoint) latency p99, ms") }
            let errors = now.map(\.errors).reduce(0, +)
            if requests > 0, Double(errors) / Double(requests) > 0.01 {
                expected.insert("\(endpoint) error rate")
            }
            let yesterday = within(recent - 88_200_000_000, recent - 84_600_000_000)
                .map(\.latencies.count).reduce(0, +)
            let load = Double(requests) / (Double(database.now - recent) / 1e6)
            if load < 0.5 * Double(yesterday) / 3_600 { expected.insert("\(endpoint) requests per second") }
        }
        #expect(told == expected)
        #expect(
            told.isSuperset(of: [
                "/classify latency p99, ms", "/embed error rate", "/rank requests per second",
            ]))
    }

    /// The 99th of all requests, as histograms have it: the middle of its bucket, milliseconds.
    private func percentile(_ windows: [SampleWindow]) -> Double? {
        let bucket = SampleWindow.percentile(0.99, of: windows.flatMap(\.latencies).sorted()).map(
            SampleWindow.bucket)
        return bucket.map { bucket in
            let width = Double(1 << (Int(bucket) / 64 + 3))
            return (64.5 + Double(bucket % 64)) * width / 1e6
        }
    }
}
