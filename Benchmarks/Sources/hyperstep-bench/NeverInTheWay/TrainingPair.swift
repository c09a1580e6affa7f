/// A training loop with Hyperstep disabled and one with it, each in a process of its own. While one has its turn the other
/// has no processor, its shipper included.
struct TrainingPair {
    private let disabled: ChildProcess
    private let recording: ChildProcess
    private let steps: Int
    /// Milliseconds a step of each turn.
    private(set) var disabledTimes: [Double] = []
    private(set) var recordingTimes: [Double] = []

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
        disabledTimes += [first, fourth]
        recordingTimes += [second, third]
    }

    /// How fast the second loop was, as a part of the first's speed, at each pair of turns.
    var ratios: Samples { Samples(zip(disabledTimes, recordingTimes).map { $0 / $1 }) }

    private func turn(_ loop: ChildProcess) throws -> Double {
        loop.go()
        defer { loop.halt() }
        let line = try loop.ask("\(steps)")
        guard let nanoseconds = Double(line) else {
            throw BenchError(description: "\"\(line)\" is no time")
        }
        return nanoseconds / Double(steps) / 1e6
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
