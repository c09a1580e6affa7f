import HyperstepPostgres

extension QuestionsBench {
    /// What the view `training_steps` costs beside its table: the same questions to both, turn by turn.
    func view(rounds: Int) throws -> [Measurement] {
        let resumed = try connection.query(
            """
            SELECT run_id::text FROM training_metrics WHERE run_id IN (SELECT run_id FROM run_attempts)
            GROUP BY 1 ORDER BY count(*) DESC LIMIT 1
            """
        ).text(0, 0)
        let longest = try connection.query(
            """
            SELECT run_id::text FROM training_metrics WHERE run_id NOT IN (SELECT run_id FROM run_attempts)
            GROUP BY 1 ORDER BY count(*) DESC LIMIT 1
            """
        ).text(0, 0)
        let (of, ofResumed) = ("WHERE run_id = '\(longest ?? "")'", "WHERE run_id = '\(resumed ?? "")'")
        // Compressed chunks are added up without making rows of them, and what the view asks of each row needs rows.
        return try [
            ("count", "SELECT count(*), avg(loss) FROM % \(of)"),
            ("count.resumed", "SELECT count(*), avg(loss) FROM % \(ofResumed)"),
            ("curve", "SELECT step, loss FROM % \(of) ORDER BY step"),
            ("curve.resumed", "SELECT step, loss FROM % \(ofResumed) ORDER BY step"),
            ("last-step", "SELECT step, loss FROM % \(of) ORDER BY time DESC LIMIT 1"),
            ("count.all", "SELECT count(*), avg(loss) FROM %"),
        ].map { try compare($0.0, $0.1, rounds: rounds) }
    }

    private func compare(_ what: String, _ question: String, rounds: Int) throws -> Measurement {
        func time(_ relation: String) throws -> Double {
            let start = Timer.nanoseconds()
            _ = try connection.query(question.replacing("%", with: relation))
            return Double(Timer.nanoseconds() - start) / 1e6
        }
        _ = (try time("training_metrics"), try time("training_steps"))
        let pairs = try (0..<rounds).map { _ in
            (table: try time("training_metrics"), view: try time("training_steps"))
        }
        let (table, view) = (Samples(pairs.map(\.table)), Samples(pairs.map(\.view)))
        let ratio = Samples(pairs.map { $0.view / $0.table })
        var measurement = Measurement(name: name("view.\(what)"), value: view.percentile(0.5), unit: "ms")
        measurement.comparison = ("from the table", ratio.percentile(0.5))
        measurement.note =
            "median of \(rounds), \(Measurement.number(table.percentile(0.5))) ms from the table"
        return measurement
    }
}
