import HyperstepHistogram
import HyperstepPostgres
import HyperstepWire
import TestDatabases
import Testing

@testable import HyperstepCollector

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
    "Percentiles of timers and recorders",
    .needsDatabase, .mayBlock)
struct SeriesPercentileTests {
    /// From numbers that are uniform in 0 ..< 1: nanoseconds of timers, and numbers of either sign.
    private static let distributions: [(name: String, make: @Sendable (Double, Double) -> Double)] = [
        ("uniform", { a, _ in 1 + (a * 1e9).rounded() }),
        ("exponential", { a, _ in 5e6 - 20e6 * log(1 - a) }),
        ("normal", { a, b in (-2 * log(1 - a)).squareRoot() * cos(2 * .pi * b) }),
        ("heavy tail", { a, b in (b < 0.5 ? -1 : 1) * pow(1 - a, -3) * 1e-6 }),
        ("many zeros", { a, b in b < 0.4 ? 0 : a - 0.5 }),
        ("constant", { _, _ in -12_345.678 }),
    ]
    private static let percents = "ARRAY[0, 0.01, 0.25, 0.5, 0.9, 0.99, 0.999, 1]::double precision[]"
    private static let start = TestStream.epoch / 1_000_000_000

    private func ids(_ name: String, _ more: String = "") -> String {
        "ARRAY(SELECT id FROM series WHERE service = 'api' AND name = '\(name)'\(more))"
    }

    /// 40 minutes of three processes, as they are recorded, two series to each distribution; each number is in the
    /// table `raw` too.
    private func write(
        _ ingest: Ingest, _ connection: PostgresConnection, seed: UInt64
    ) async throws {
        var random = SeededGenerator(seed: seed)
        var values: [Int: [Window: [Double]]] = [:]
        var raw = PostgresBinaryCopy()
        raw.header()
        for (place, (_, make)) in Self.distributions.enumerated() {
            for _ in 0..<5_000 {
                let value = make(.random(in: 0..<1, using: &random), .random(in: 0..<1, using: &random))
                let window = Window(
                    second: Int64.random(in: 0..<240, using: &random) * 10,
                    series: place * 2 + Int.random(in: 0...1, using: &random))
                values[Int.random(in: 0..<3, using: &random), default: [:]][window, default: []].append(value)
                raw.row(fields: 4)
                raw.text(Self.distributions[place].name)
                raw.text("\(window.series % 2)")
                raw.timestamp(nanoseconds: (Self.start + window.second) * 1_000_000_000)
                raw.float8(value)
            }
        }
        raw.trailer()
        try connection.execute(
            "CREATE TABLE raw (name text, half text, at timestamptz, value double precision)")
        try connection.copyIn("COPY raw FROM STDIN WITH (FORMAT binary)") { writer throws(PostgresError) in
            try writer.write(&raw)
        }
        for windows in values.values {
            let batch = batch(windows)
            #expect(await ingest.commitWhenReady(batch) == .committed(nextPosition: batch.positionCount))
        }
    }

    private struct Window: Hashable {
        var second: Int64
        var series: Int
    }

    private func batch(_ values: [Window: [Double]]) -> Batch {
        var windows = SeriesWindows(instanceID: UUID(), service: "api")
        windows.series = Self.distributions.flatMap { distribution in
            ["0", "1"].map {
                Series(
                    name: distribution.name, kind: .timer, unit: "ns",
                    dimensions: [.init(key: "half", value: $0)])
            }
        }
        for (window, numbers) in values {
            windows.times.append((Self.start + window.second) * 1_000_000_000)
            windows.seriesIndexes.append(UInt32(window.series))
            windows.durationsMs.append(10_000)
            windows.counts.append(UInt64(numbers.count))
            windows.nonFiniteCounts.append(0)
            windows.histograms.append(ValueHistogram(values: numbers))
        }
        return Batch(
            stream: UUID(), firstPosition: 0, positionCount: UInt64(windows.count),
            records: .seriesWindows(windows))
    }

    private func expectNear(_ value: Double?, _ exact: Double?, _ what: String) {
        guard let value, let exact else {
            #expect(value == exact, "\(what)")
            return
        }
        #expect(abs(value - exact) <= 0.01 * abs(exact), "\(value) for \(exact): \(what)")
    }

    @Test(
        "They are within 1 % of the raw values', over windows, series and processes",
        arguments: TestEdition.all
    )
    func exact(edition: TestEdition) async throws {
        try await withIngest(edition) { ingest, database in
            let connection = try database.connect()
            try await write(ingest, connection, seed: 7)
            for (name, _) in Self.distributions {
                for (from, to) in [(0, 2_400), (0, 300), (299, 301), (7, 2_222)] {
                    for half in ["0", "1", nil] {
                        let chosen = half.map { " AND dimensions @> '{\"half\": \"\($0)\"}'" } ?? ""
                        let found = try connection.query(
                            """
                            SELECT series_percentile(\(ids(name, chosen)), u.p, to_timestamp(\(Self.start + Int64(from))),
                                                     to_timestamp(\(Self.start + Int64(to)))), u.exact, u.p
                            FROM (SELECT percentile_disc(\(Self.percents)) WITHIN GROUP (ORDER BY value) AS exact
                                  FROM raw WHERE name = $1 AND at >= to_timestamp(\(Self.start + Int64(from)))
                                    AND at < to_timestamp(\(Self.start + Int64(to))) AND ($2 = '' OR half = $2)) AS r,
                                 unnest(\(Self.percents), r.exact) AS u (p, exact)
                            """, [.text(name), .text(half ?? "")])
                        #expect(found.count == 8)
                        for row in 0..<found.count {
                            expectNear(
                                found.double(row, 0), found.double(row, 1),
                                "\(name) \(half ?? "") p\(found.double(row, 2) ?? -1) of \(from)..<\(to)")
                        }
                    }
                }
            }
        }
    }

    @Test("Per bucket of any width, only what ended in the window counts", arguments: TestEdition.all)
    func perBucket(edition: TestEdition) async throws {
        try await withIngest(edition) { ingest, database in
            let connection = try database.connect()
            try await write(ingest, connection, seed: 8)
            let (from, to) = ("to_timestamp(\(Self.start + 423))", "to_timestamp(\(Self.start + 1_987))")
            for width in ["5 minutes", "7 minutes", "10 seconds", "1 day", "1 month"] {
                let found = try connection.query(
                    """
                    SELECT p.percentile, r.exact, p.count, r.count
                    FROM series_percentiles(\(ids("normal")), 0.9, \(from), \(to), $1::text::interval) AS p
                    FULL JOIN (SELECT time_bucket($1::text::interval, at) AS bucket, count(*) AS count,
                                      percentile_disc(0.9) WITHIN GROUP (ORDER BY value) AS exact
                               FROM raw WHERE name = 'normal' AND at >= \(from) AND at < \(to)
                               GROUP BY 1) AS r USING (bucket)
                    """, [.text(width)])
                #expect(found.count > 0)
                for row in 0..<found.count {
                    #expect(found.int64(row, 2) == found.int64(row, 3), "\(width)")
                    expectNear(found.double(row, 0), found.double(row, 1), width)
                }
            }
        }
    }

    @Test("Every bucket's middle is that of the layout, bit for bit", arguments: TestEdition.all)
    func middles(edition: TestEdition) async throws {
        try await withIngest(edition) { _, database in
            let highest = Int(ValueBuckets.highest)
            let found = try database.connect().query(
                "SELECT hyperstep_internal.value_of_bucket(b) FROM generate_series(-\(highest), \(highest)) AS b ORDER BY b"
            )
            #expect(found.count == 2 * highest + 1)
            let wrong = (0..<found.count).filter {
                found.double($0, 0) != ValueBuckets.midpoint(Int16($0 - highest))
            }
            #expect(wrong.isEmpty)
        }
    }

    @Test(
        "What makes no sense is refused by name, units that differ too; where nothing was it is null",
        arguments: TestEdition.all)
    func refused(edition: TestEdition) async throws {
        let calls = [
            ("series_percentile('{1}', 1.01, now(), now())", "p is 1.01, expected a number from 0 to 1"),
            ("series_percentile('{1}', NULL, now(), now())", "p is null, expected a number from 0 to 1"),
            (
                "series_percentiles('{1}', 0.9, now(), now(), '0')",
                "width is 00:00:00, expected more than 0"
            ),
            (
                "series_percentile(ARRAY(SELECT id FROM series), 0.9, now(), now())",
                "series of the units \"By\", \"ns\" were given, expected one unit"
            ),
            (
                "series_percentiles(ARRAY(SELECT id FROM series), 0.9, now(), now(), '1 hour')",
                "series of the units \"By\", \"ns\" were given, expected one unit"
            ),
        ]
        try await withIngest(edition) { ingest, database in
            _ = await ingest.commitWhenReady(KindStream(kind: .series).batch(0..<20))
            let connection = try database.connect()
            for (sql, message) in calls {
                let error = #expect(throws: PostgresError.self) { _ = try connection.query("SELECT \(sql)") }
                #expect(error?.code == "22023", "\(sql)")
                #expect(error?.message.contains(message) == true, "\(sql): \(error?.message ?? "")")
            }
            // A counter has no histogram, and may be among them.
            let empty = try connection.query(
                """
                SELECT series_percentile('{}', 0.5, '-infinity', 'infinity'),
                       series_percentile(ARRAY(SELECT id FROM series WHERE unit IN ('', 'ns')), 0.5, now(), 'infinity'),
                       series_percentile(ARRAY(SELECT id FROM series WHERE unit = ''), 0.5, '-infinity', 'infinity'),
                       (SELECT count(*) FROM series_percentiles('{}', 0.5, '-infinity', 'infinity', '1 hour'))
                """)
            #expect((0..<3).allSatisfy { empty.double(0, $0) == nil })
            #expect(empty.int64(0, 3) == 0)
        }
    }
}
