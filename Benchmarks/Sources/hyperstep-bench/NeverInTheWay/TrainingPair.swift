/// A training loop with Hyperstep disabled and one with it, each in a process of its own. While one has its turn the other
/// has no processor, its shipper included.
struct TrainingPair {
    private let disabled: ChildProcess
    private let recording: ChildProcess
    private let steps: Int
    private var disabledTurns: [Turn] = []
    private var recordingTurns: [Turn] = []

    /// Milliseconds a step.
    struct Turn {
        let time: Double
        /// Of which its thread had a processor.
        let processor: Double
    }

    /// - Parameters:
    ///   - mode: of the second loop.
    ///   - steps: of a turn.
    init(mode: String, endpoint: String, directory: String, repetitions: Int, steps: Int) throws {
        self.steps = steps
        // Its warnings are what this is about.
        disabled = try ChildProcess(.training, ["disabled", endpoint, directory, "\(repetitions)"])
        recording = try ChildProcess(
            .training, [mode, endpoint, directory, "\(repetitions)"], quiet: true)
        // What starts, and warms up.
        for loop in [disabled, recording] {
            _ = try turn(loop)
            loop.halt()
        }
    }

    /// One, the other, the other, the one: what changes in time changes for both.
    mutating func round() throws {
        let first = try turn(disabled)
        let second = try turn(recording)
        let third = try turn(recording)
        let fourth = try turn(disabled)
        disabledTurns += [first, fourth]
        recordingTurns += [second, third]
    }

    /// What a step took with Hyperstep disabled, as a multiple of what it took with it, at each pair of turns.
    func ratios(of part: KeyPath<Turn, Double>) -> Samples {
        Samples(zip(disabledTurns, recordingTurns).map { $0[keyPath: part] / $1[keyPath: part] })
    }

    /// Milliseconds a step with Hyperstep disabled, the median.
    var milliseconds: Double { Samples(disabledTurns.map(\.time)).percentile(0.5) }

    private func turn(_ loop: ChildProcess) throws -> Turn {
        loop.go()
        defer { loop.halt() }
        let line = try loop.ask("\(steps)")
        let times = line.split(separator: " ").compactMap { Double($0) }.map { $0 / Double(steps) / 1e6 }
        guard times.count == 2 else { throw BenchError(description: "\"\(line)\" is no time") }
        return Turn(time: times[0], processor: times[1])
    }

    /// Ends both.
    ///
    /// - Returns: what became of the second loop's steps: how many are committed, spooled and lost.
    func end() throws -> (committed: Int, spooled: Int, lost: Int) {
        for loop in [disabled, recording] { loop.go() }
        defer { for loop in [disabled, recording] { loop.end() } }
        let line = try recording.ask("end")
        let counts = line.split(separator: " ").compactMap { Int($0) }
        guard counts.count == 3 else { throw BenchError(description: "\"\(line)\" is no report") }
        return (counts[0], counts[1], counts[2])
    }
}
