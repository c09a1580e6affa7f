extension Benchmark {
    /// The speed of a training loop of a millisecond a step, as a part of that of the same loop with Hyperstep disabled,
    /// whatever is where the collector should be. The first line is of two loops that are both disabled: as much as that is beside 1 is the
    /// machine's noise.
    static let neverInTheWay = Benchmark(
        name: "never.in.the.way",
        summary:
            "speed of a training loop of 1 ms a step against the same with Hyperstep disabled, with a good collector "
            + "and with bad ones"
    ) { scale, add in
        let bench = NeverInTheWay(
            repetitions: Work.repetitionsOfMillisecond(), rounds: scale.factor < 1 ? 3 : 30)
        try bench.measure("disabled", mode: "disabled", endpoint: "http://127.0.0.1:9") { _ in "" }.forEach(
            add)
        for manner in BadCollector.allCases { try bench.measure(manner).forEach(add) }
        try withBenchCollector("never.in.the.way") { endpoint in
            let good = try bench.measure("good", mode: "online", endpoint: endpoint) { fate in
                guard fate.committed == bench.recorded else {
                    throw BenchError(description: "not every step is committed: \(fate)")
                }
                return "; \(fate.committed) steps committed"
            }
            good.forEach(add)
        }
    }
}

private struct NeverInTheWay {
    /// Steps of a turn: few, so that whatever else this machine does changes little from one to the next.
    private static let steps = 100
    let repetitions: Int
    let rounds: Int

    /// Steps of all turns of a loop, that to warm up included.
    var recorded: Int { (2 * rounds + 1) * Self.steps }

    typealias Fate = (committed: Int, spooled: Int, lost: Int)

    func measure(_ manner: BadCollector) throws -> [Measurement] {
        let collector = try ChildProcess(.badCollector, [manner.rawValue])
        defer { collector.end() }
        let port = try collector.line()
        return try measure(manner.rawValue, mode: "online", endpoint: "http://127.0.0.1:\(port)") { fate in
            guard fate.committed == 0, fate.spooled == recorded else {
                throw BenchError(description: "\(manner): not every step is kept: \(fate)")
            }
            let connections = try collector.ask("connections")
            guard (connections == "0") == (manner == .unreachable) else {
                throw BenchError(description: "\(manner): it had \(connections) connections")
            }
            return "; \(connections) connections, \(fate.spooled) steps kept"
        }
    }

    /// - Parameter check: what became of the steps is as it should be; a word on it.
    func measure(
        _ name: String, mode: String, endpoint: String, check: (Fate) throws -> String
    ) throws -> [Measurement] {
        try withBenchDirectory { directory in
            var pair = try TrainingPair(
                mode: mode, endpoint: endpoint, directory: directory, repetitions: repetitions,
                steps: Self.steps)
            for _ in 0..<rounds { try pair.round() }
            let fate = try pair.end()
            guard fate.lost == 0 else { throw BenchError(description: "\(name): steps are lost: \(fate)") }
            let word = try check(fate)
            return [
                Self.line(
                    "never.in.the.way.\(name)", pair.ratios(of: \.time),
                    "\(2 * rounds) pairs of \(Self.steps) steps of \(Measurement.number(pair.milliseconds)) ms"
                        + word),
                Self.line(
                    "never.in.the.way.\(name).processor", pair.ratios(of: \.processor),
                    "the same in the loop's time on a processor"),
            ]
        }
    }

    private static func line(_ name: String, _ ratios: Samples, _ note: String) -> Measurement {
        let spread = [0, 0.25, 0.75, 1].map { Measurement.number(ratios.percentile($0)) }
        return Measurement(
            name: name, value: ratios.percentile(0.5), unit: "ratio",
            note: "quartiles \(spread[1]) and \(spread[2]), all within \(spread[0]) and \(spread[3]); " + note
        )
    }
}
