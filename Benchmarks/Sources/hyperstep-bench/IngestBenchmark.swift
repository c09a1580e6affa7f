extension Benchmark {
    /// From `run.step` to the ack of a committed transaction, all of it: recorder, shipper, HTTP/2, collector and
    /// database. Turn by turn in the same run, as many connections, as many rows a transaction, into the same
    /// table: libpq alone copying the same rows from memory; the collector storing them as rows; and, where the
    /// database can, the collector having them compressed on their way in. Then both again with the aggregates
    /// of the standard policies.
    static let ingest = Benchmark(
        name: "ingest",
        summary:
            "rows/s into the database and bytes on its disk, end to end, stored as rows and compressed on "
            + "their way in, against a plain libpq binary COPY; without and with aggregates"
    ) { scale, add in
        guard let bench = try IngestBench(rows: scale.count(2_000_000)) else {
            writeLine(
                "ingest: skipped, HYPERSTEP_DATABASE_URL and HYPERSTEP_BENCH_COLLECTOR are not set", to: 2)
            return
        }
        defer { bench.dropDatabase() }
        let rounds = scale.factor < 1 ? 1 : 5
        if try bench.hasAggregates {
            for connections in [1, 2] {
                try bench.compare(
                    connections: connections, rounds: rounds, suffix: ".with_aggregates", add)
            }
            try bench.dropAggregates()
        } else {
            writeLine("ingest: there are no aggregates: not measured with them", to: 2)
        }
        for connections in [1, 2] { try bench.compare(connections: connections, rounds: rounds, add) }
    }
}
