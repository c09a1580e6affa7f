import Foundation
import HyperstepHistogram
import HyperstepPostgres
import TestDatabases
import Testing
import TrainingPattern

extension Whole {
    /// Checks that the run's scalars are those of its first steps, each once: all whose call had returned, and at
    /// most the one whose call was under way.
    func expectScalars(_ run: UUID, _ returned: Int, _ sourceLocation: SourceLocation) throws {
        let found = try database.connect().query(
            """
            SELECT count(*), count(DISTINCT step), coalesce(sum(value * (step % 1009) + value), 0)
            FROM run_metrics JOIN metrics ON id = metric_id WHERE run_id = $1 AND name = $2
            """, [.uuid(run), .text(TrainingPattern.metric)])
        let count = Int(found.int64(0, 0) ?? -1)
        #expect((returned...returned + 1).contains(count), "scalars", sourceLocation: sourceLocation)
        #expect(found.int64(0, 1) == Int64(count), sourceLocation: sourceLocation)
        // Whole numbers, of which a double keeps the sum exactly.
        let sum = (0..<max(0, count)).reduce(0.0) { sum, step in
            let value = TrainingPattern.scalar(at: step)
            return sum + value * Double(step % 1_009) + value
        }
        #expect(found.double(0, 2) == sum, sourceLocation: sourceLocation)
    }

    /// Checks that the windows of the run's monitor hold the requests of its first steps, each once.
    func expectRequests(_ run: UUID, _ returned: Int, _ sourceLocation: SourceLocation) throws {
        let connection = try database.connect()
        let endpoint = [PostgresValue.text(run.uuidString)]
        let requests = try connection.query(
            """
            SELECT coalesce(sum(request_count), 0)::bigint, coalesce(sum(error_count), 0)::bigint
            FROM model_performance WHERE endpoint = $1
            """, endpoint)
        let count = Int(requests.int64(0, 0) ?? -1)
        #expect((returned...returned + 1).contains(count), "requests", sourceLocation: sourceLocation)
        #expect(requests.int64(0, 1) == 0, sourceLocation: sourceLocation)
        let rows = try connection.query(
            """
            SELECT bucket::int, sum(count)::bigint FROM latency_histogram WHERE endpoint = $1 AND kind = 1
            GROUP BY bucket ORDER BY bucket
            """, endpoint)
        var (buckets, counts): ([UInt16], [UInt64]) = ([], [])
        for row in 0..<rows.count {
            buckets.append(UInt16(clamping: rows.int64(row, 0) ?? -1))
            counts.append(UInt64(clamping: rows.int64(row, 1) ?? 0))
        }
        let found = try #require(Histogram(buckets: buckets, counts: counts), sourceLocation: sourceLocation)
        let expected = Histogram(
            nanoseconds: (0..<Int(clamping: found.count)).map { TrainingPattern.latency(at: $0) })
        #expect(found == expected, sourceLocation: sourceLocation)
        // The call that the kill came into may have counted in one place and not in the other.
        #expect(
            (returned...returned + 1).contains(Int(clamping: found.count)), sourceLocation: sourceLocation)
    }

    /// Checks that the rows of a counter and a timer have what they were given at the run's first steps, each once.
    func expectMetrics(_ run: UUID, _ returned: Int, _ sourceLocation: SourceLocation) throws {
        let connection = try database.connect()
        func sums(_ name: String) throws -> (count: Int, sum: Double) {
            let rows = try connection.query(
                """
                SELECT coalesce(sum(count), 0)::bigint, coalesce(sum(sum), 0) FROM service_metrics JOIN series ON id = series_id
                WHERE service = $1 AND name = $2 AND dimensions = jsonb_build_object('run', $3::text)
                """, [.text(TrainingPattern.service), .text(name), .text(run.uuidString)])
            return (Int(rows.int64(0, 0) ?? -1), rows.double(0, 1) ?? -1)
        }
        func expect(_ name: String, _ value: (Int) -> Int64) throws {
            let found = try sums(name)
            #expect(
                (returned...returned + 1).contains(found.count), "\(name)", sourceLocation: sourceLocation)
            // The call that the kill came into may have added and not counted.
            let sum = (0..<max(0, found.count)).reduce(0) { $0 + value($1) }
            let last = value(max(0, found.count))
            #expect(
                [Double(sum), Double(sum + last)].contains(found.sum), "\(name)",
                sourceLocation: sourceLocation)
        }
        try expect(TrainingPattern.counter) { TrainingPattern.increment(at: $0) }
        try expect(TrainingPattern.timer) { Int64(TrainingPattern.latency(at: $0)) }
        let buckets = try connection.query(
            """
            SELECT coalesce(sum(count), 0)::bigint FROM service_histogram JOIN series ON id = series_id
            WHERE service = $1 AND name = $2 AND dimensions = jsonb_build_object('run', $3::text)
            """, [.text(TrainingPattern.service), .text(TrainingPattern.timer), .text(run.uuidString)])
        #expect(
            buckets.int64(0, 0) == Int64(try sums(TrainingPattern.timer).count),
            sourceLocation: sourceLocation)
    }
}
