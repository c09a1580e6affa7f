import Hyperstep

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

extension ChildPart {
    /// `MODE ENDPOINT DIRECTORY`: one run and one monitor with default settings. Asked for "STEPS PACE" it records up to
    /// so many steps, so many a second, and answers with the memory that it had in the later half of them; with what
    /// became of them when it is asked for anything else.
    static let footprint = ChildPart(name: "footprint") { arguments in
        guard arguments.count == 3, let mode = Settings.Mode(rawValue: arguments[0]) else {
            throw BenchError(description: "wrong arguments")
        }
        let settings = Settings(endpoint: arguments[1], mode: mode, directory: arguments[2])
        let run = try Run.start(project: "bench", name: "footprint", model: "bench", settings: settings)
        let monitor = try InferenceMonitor.start(model: "bench", endpoint: "/bench", settings: settings)
        var loop = FootprintLoop(run: run, monitor: monitor)
        while let line = readLine() {
            let numbers = line.split(separator: " ").compactMap { Int($0) }
            guard numbers.count == 2 else { break }
            guard let memory = loop.memory(upTo: numbers[0], pace: numbers[1]) else {
                throw BenchError(description: "no /proc here")
            }
            writeLine(memory.line, to: 1)
        }
        let monitored = InferenceMonitor.shutdown(timeout: .seconds(60))
        let report = run.finish(timeout: .seconds(60))
        writeLine("\(report); \(monitored)", to: 1)
    }
}

/// Steps, and a request with each.
private struct FootprintLoop {
    private let run: Run
    private let monitor: InferenceMonitor
    private var steps = 0

    init(run: Run, monitor: InferenceMonitor) { (self.run, self.monitor) = (run, monitor) }

    /// What is on its way to a collector comes and goes: of many readings that of the median, with the highest peak.
    mutating func memory(upTo end: Int, pace: Int) -> ResidentMemory? {
        let readings = 20
        let first = steps
        var found: [ResidentMemory] = []
        for part in 1...2 * readings {
            record(upTo: first + (end - first) * part / (2 * readings), pace: pace)
            if part > readings, let memory = ResidentMemory.now() { found.append(memory) }
        }
        found.sort { $0.total < $1.total }
        guard var median = found.isEmpty ? nil : found[found.count / 2] else { return nil }
        median.peak = found.map(\.peak).max() ?? median.peak
        return median
    }

    /// - Parameter pace: steps a second, as near as the system's sleep allows.
    private mutating func record(upTo end: Int, pace: Int) {
        let (first, start) = (steps, Timer.nanoseconds())
        // At once as many as take 2.5 ms: a sleep for each would be too coarse.
        let burst = max(1, pace / 400)
        while steps < end {
            for _ in 0..<min(burst, end - steps) { record() }
            let due = start + UInt64(steps - first) * 1_000_000_000 / UInt64(pace)
            let now = Timer.nanoseconds()
            if due > now { usleep(UInt32((due - now) / 1_000)) }
        }
    }

    private mutating func record() {
        run.step(
            epoch: steps / 1_000, batch: steps % 1_000, loss: BenchStep.value(steps, 0),
            accuracy: BenchStep.value(steps, 1), learningRate: BenchStep.value(steps, 5),
            gradientNorm: BenchStep.value(steps, 6))
        monitor.record(latency: .microseconds(1 + steps & 0xFFFF))
        steps += 1
    }
}
