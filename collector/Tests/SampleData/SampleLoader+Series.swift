import HyperstepPostgres

/// What the serving processes' instruments say of the same requests as their windows.
extension SampleLoader {
    private var ids: [SampleSeries: Int64] {
        Dictionary(uniqueKeysWithValues: data.series.enumerated().map { ($1, Int64($0 + 1)) })
    }

    func loadSeries() throws(PostgresError) -> Int {
        let ids = ids
        return try copy(
            "service_metrics (time, series_id, instance_id, duration_ms, count, sum, min, max, last)"
        ) { rows, writer throws(PostgresError) in
            // What each process has counted so far.
            var totals: [Total: Double] = [:]
            for (server, window) in allWindows {
                for series in SampleSeries.of(server.endpoint) {
                    let grown =
                        series.outcome == "error"
                        ? window.errors : Int64(window.latencies.count) - window.errors
                    let isTimer = series.outcome == nil
                    let count = isTimer ? Int64(window.latencies.count) : grown
                    guard count > 0 else { continue }
                    let total = Total(server: server, series: series)
                    totals[total, default: 0] += Double(grown)
                    let nanoseconds = window.latencies.map { $0 * 1e6 }
                    rows.row(fields: 9)
                    rows.timestamp(nanoseconds: window.time)
                    rows.int8(ids[series] ?? 0)
                    rows.uuid(server.instance)
                    rows.float8(data.shape.servingInterval * 1_000)
                    rows.int8(count)
                    rows.float8(isTimer ? nanoseconds.reduce(0, +) : Double(grown))
                    rows.float8(isTimer ? nanoseconds.min() : 1)
                    rows.float8(isTimer ? nanoseconds.max() : 1)
                    rows.float8(isTimer ? nanoseconds.last : totals[total])
                }
                if rows.count > Self.chunk { try writer.write(&rows) }
            }
        }
    }

    func loadSeriesHistograms() throws(PostgresError) -> Int {
        let ids = ids
        return try copy("service_histogram (time, series_id, instance_id, bucket, count)") {
            rows, writer throws(PostgresError) in
            for (server, window) in allWindows {
                let timer = SampleSeries(name: SampleSeries.duration, endpoint: server.endpoint, outcome: nil)
                var counts: [Int16: Int64] = [:]
                for latency in window.latencies {
                    counts[SampleSeries.bucket(latency * 1e6), default: 0] += 1
                }
                for (bucket, count) in counts.sorted(by: { $0.key < $1.key }) {
                    rows.row(fields: 5)
                    rows.timestamp(nanoseconds: window.time)
                    rows.int8(ids[timer] ?? 0)
                    rows.uuid(server.instance)
                    rows.int2(bucket)
                    rows.int8(count)
                }
                if rows.count > Self.chunk { try writer.write(&rows) }
            }
        }
    }

    private struct Total: Hashable {
        let instance: String
        let series: SampleSeries

        init(server: SampleServer, series: SampleSeries) {
            instance = "\(server.instance)"
            self.series = series
        }
    }
}
