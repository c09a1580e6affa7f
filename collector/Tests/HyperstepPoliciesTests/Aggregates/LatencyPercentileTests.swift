import HyperstepPolicies
import HyperstepPostgres
import TestDatabases
import Testing

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

@Suite(
    "Percentiles of latencies",
    .needsDatabase, .mayBlock)
struct LatencyPercentileTests {
    /// A latency in nanoseconds, from numbers that are uniform in 0 ..< 1.
    private static let distributions: [(name: String, make: @Sendable (Double, Double) -> Double)] = [
        ("uniform", { a, _ in 1e6 + a * 1e9 }),
        ("exponential", { a, _ in 5e6 - 20e6 * log(1 - a) }),
        ("lognormal", { a, b in 30e6 * exp((-2 * log(1 - a)).squareRoot() * cos(2 * .pi * b)) }),
        ("two peaks", { a, b in b < 0.9 ? 2e6 + a * 1e6 : 800e6 + a * 100e6 }),
        ("heavy tail", { a, _ in min(1e6 * pow(1 - a, -1.2), 3e12) }),
        ("constant", { _, _ in 12_345_678 }),
    ]
    private static let start = RandomRows.start
    private static let model = RandomRows.uuid(1)
    private static let percents = "ARRAY[0, 0.25, 0.5, 0.9, 0.99, 0.999, 1]::double precision[]"

    /// The bucket of a latency, by what is said of latency_histogram.bucket: 64 to each power of two.
    private func bucket(_ nanoseconds: Double) -> Int16 {
        let value = UInt64(max(nanoseconds, 512))
        let exponent = 63 - value.leadingZeroBitCount
        return Int16(clamping: min((exponent - 9) * 64 + Int(value >> UInt64(exponent - 6)) - 64, 2111))
    }

    /// 40 minutes of three processes, one distribution an endpoint; each latency is in the table `raw` too.
    private func write(_ it: AggregateDatabase, seed: UInt64) throws {
        var random = Seeded(seed)
        var counts: [HistogramKey: Int64] = [:]
        try it.connection.execute(
            "CREATE TABLE raw (endpoint text, at timestamptz, instance uuid, milliseconds double precision)")
        try it.connection.copyIn("COPY raw FROM STDIN WITH (FORMAT binary)") { writer throws(PostgresError) in
            var copy = PostgresBinaryCopy()
            copy.header()
            for (name, make) in Self.distributions {
                for _ in 0..<5000 {
                    let latency = make(.random(in: 0..<1, using: &random), .random(in: 0..<1, using: &random))
                    let time = Self.start + Int64.random(in: 0..<240, using: &random) * 10_000_000
                    let instance = RandomRows.uuid(Int.random(in: 1...3, using: &random))
                    copy.row(fields: 4)
                    copy.text(name)
                    copy.timestamp(microseconds: time)
                    copy.uuid(instance)
                    copy.float8(latency / 1e6)
                    counts[HistogramKey(name, time, instance, bucket(latency)), default: 0] += 1
                }
            }
            copy.trailer()
            try writer.write(&copy)
        }
        try it.write(
            counts.map { key, count in
                HistogramRow(
                    time: key.time, model: Self.model, endpoint: key.endpoint, instance: key.instance,
                    kind: 1,
                    bucket: key.bucket, count: count)
            })
    }

    private struct HistogramKey: Hashable {
        var endpoint: String
        var time: Int64
        var instance: UUID
        var bucket: Int16

        init(_ endpoint: String, _ time: Int64, _ instance: UUID, _ bucket: Int16) {
            (self.endpoint, self.time, self.instance, self.bucket) = (endpoint, time, instance, bucket)
        }
    }

    @Test(
        "They are within 1 % of the raw values', over several processes, in windows of any bounds",
        arguments: TestEdition.all)
    func exact(edition: TestEdition) throws {
        try withTestDatabase(edition) { database in
            let it = try AggregateDatabase(database, edition, aggregates: [.latencyHistogramSummary])
            try write(it, seed: 7)
            for refreshed in [false, true] {
                if refreshed {
                    try it.refresher.refreshWindow(.latencyHistogramSummary, from: nil, to: nil)
                }
                for (from, to) in [
                    (0, 2400), (0, 300), (300, 900), (7, 2222), (100, 290), (290, 310), (299, 301),
                ] {
                    try expectPercentiles(it, window: (from, to), raw: (from, to))
                }
            }
        }
    }

    /// - Parameter raw: the window of raw values that they are compared with.
    private func expectPercentiles(
        _ it: AggregateDatabase, window: (from: Int, to: Int), raw: (from: Int, to: Int)
    ) throws {
        func time(_ seconds: Int) -> PostgresValue {
            .timestamp(microseconds: Self.start + Int64(seconds) * 1_000_000)
        }
        for (name, _) in Self.distributions {
            let found = try it.connection.query(
                """
                SELECT u.p, latency_percentile($1, $2, u.p, $3, $4), u.exact
                FROM (SELECT percentile_disc(\(Self.percents)) WITHIN GROUP (ORDER BY milliseconds) AS exact
                      FROM raw WHERE endpoint = $2 AND at >= $5 AND at < $6) r,
                     unnest(\(Self.percents), r.exact) AS u (p, exact)
                """,
                [
                    .uuid(Self.model), .text(name), time(window.from), time(window.to), time(raw.from),
                    time(raw.to),
                ])
            for row in 0..<found.count {
                expectNear(
                    found.double(row, 1), found.double(row, 2),
                    "\(name) p\(found.double(row, 0) ?? -1) of \(window)")
            }
        }
    }

    private func expectNear(_ value: Double?, _ exact: Double?, _ what: String) {
        guard let value, let exact else {
            #expect(value == exact, "\(what)")
            return
        }
        #expect(abs(value - exact) <= 0.01 * exact, "\(what)")
    }

    @Test(
        "Per bucket, of widths that the summary's divides and others, only the window counts",
        arguments: TestEdition.all)
    func perBucket(edition: TestEdition) throws {
        try withTestDatabase(edition) { database in
            let it = try AggregateDatabase(database, edition, aggregates: [.latencyHistogramSummary])
            try write(it, seed: 8)
            try it.refresher.refreshWindow(.latencyHistogramSummary, from: nil, to: nil)
            for width in ["5 minutes", "15 minutes", "7 minutes", "10 seconds", "1 day", "1 month"] {
                let found = try it.connection.query(
                    """
                    SELECT p.percentile, r.exact, p.requests, r.requests, p.bucket IS NULL
                    FROM latency_percentiles($1, 'lognormal', 0.9, '2026-03-01T00:07:03Z', '2026-03-01T00:33:07Z', $2::text::interval) p
                    FULL JOIN (SELECT time_bucket($2::text::interval, at) AS bucket, count(*) AS requests,
                                      percentile_disc(0.9) WITHIN GROUP (ORDER BY milliseconds) AS exact
                               FROM raw WHERE endpoint = 'lognormal' AND at >= '2026-03-01T00:07:03Z'
                                 AND at < '2026-03-01T00:33:07Z'
                               GROUP BY 1) r USING (bucket)
                    """, [.uuid(Self.model), .text(width)])
                #expect(found.count > 0)
                for row in 0..<found.count {
                    #expect(found.int64(row, 2) == found.int64(row, 3), "\(width)")
                    expectNear(found.double(row, 0), found.double(row, 1), width)
                }
            }
        }
    }

    @Test("Where an end's rows are gone, its bucket counts whole", arguments: TestEdition.all)
    func rowsGone(edition: TestEdition) throws {
        try withTestDatabase(edition) { database in
            let it = try AggregateDatabase(database, edition, aggregates: [.latencyHistogramSummary])
            try write(it, seed: 9)
            try it.refresher.refreshWindow(.latencyHistogramSummary, from: nil, to: nil)
            try it.transaction([
                "SELECT hyperstep_internal.note_dropped('latency_histogram', '2026-03-03T00:00Z')",
                "SELECT drop_chunks('latency_histogram', TIMESTAMPTZ '2026-03-03T00:00Z')",
            ])
            #expect(try it.number("SELECT count(*) FROM latency_histogram") == 0)
            try expectPercentiles(it, window: (300, 900), raw: (300, 900))
            try expectPercentiles(it, window: (301, 899), raw: (300, 900))
            try expectPercentiles(it, window: (310, 320), raw: (300, 600))
        }
    }

    @Test(
        "Without a summary they are read from rows; without requests they are null",
        arguments: TestEdition.all)
    func noSummary(edition: TestEdition) throws {
        try withTestDatabase(edition) { database in
            let it = try AggregateDatabase(database, edition, aggregates: [])
            try write(it, seed: 10)
            try expectPercentiles(it, window: (7, 2222), raw: (7, 2222))
            try it.create(.latencyHistogramSummary)
            try expectPercentiles(it, window: (7, 2222), raw: (7, 2222))
            let empty = try it.connection.query(
                """
                SELECT latency_percentile($1, 'nothing', 0.5, '-infinity', 'infinity'),
                       latency_percentile($1, 'uniform', 0.5, '2026-03-02', '2026-03-01'),
                       latency_percentile($1, 'uniform', 0.5, '-infinity', 'infinity', 2::smallint),
                       (SELECT count(*) FROM latency_percentiles($1, 'nothing', 0.5, '-infinity', 'infinity', '1 hour'))
                """, [.uuid(Self.model)])
            #expect((0..<3).allSatisfy { empty.double(0, $0) == nil })
            #expect(empty.int64(0, 3) == 0)
        }
    }

    @Test("A p or a width that makes no sense is refused by name", arguments: TestEdition.all)
    func refused(edition: TestEdition) throws {
        let calls = [
            ("latency_percentile($1, 'x', 1.01, now(), now())", "p is 1.01, expected a number from 0 to 1"),
            ("latency_percentile($1, 'x', -0.1, now(), now())", "p is -0.1, expected a number from 0 to 1"),
            ("latency_percentile($1, 'x', 'NaN', now(), now())", "p is NaN, expected a number from 0 to 1"),
            ("latency_percentile($1, 'x', NULL, now(), now())", "p is null, expected a number from 0 to 1"),
            (
                "latency_percentiles($1, 'x', 99, now(), now(), '1 hour')",
                "p is 99, expected a number from 0 to 1"
            ),
            (
                "latency_percentiles($1, 'x', 0.9, now(), now(), '0')",
                "width is 00:00:00, expected more than 0"
            ),
        ]
        try withTestDatabase(edition) { database in
            let it = try AggregateDatabase(database, edition, aggregates: [])
            for (sql, message) in calls {
                let error = #expect(throws: PostgresError.self) {
                    _ = try it.connection.query("SELECT \(sql)", [.uuid(Self.model)])
                }
                #expect(error?.code == "22023", "\(sql)")
                #expect(error?.message.contains(message) == true, "\(sql)")
            }
        }
    }
}
