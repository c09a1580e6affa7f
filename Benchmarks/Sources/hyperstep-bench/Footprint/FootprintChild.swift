import Hyperstep

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

extension ChildPart {
    /// `MODE ENDPOINT DIRECTORY`: one run and one monitor with default settings. Records up to each number of steps
    /// that it is asked for, and answers with the memory that it then has.
    static let footprint = ChildPart(name: "footprint") { arguments in
        guard arguments.count == 3, let mode = Settings.Mode(rawValue: arguments[0]) else {
            throw BenchError(description: "wrong arguments")
        }
        let settings = Settings(endpoint: arguments[1], mode: mode, directory: arguments[2])
        let run = try Run.start(project: "bench", name: "footprint", model: "bench", settings: settings)
        let monitor = try InferenceMonitor.start(model: "bench", endpoint: "/bench", settings: settings)
        var loop = FootprintLoop(run: run, monitor: monitor)
        while let line = readLine() {
            guard let steps = Int(line) else { break }
            loop.record(upTo: steps)
            guard let memory = ResidentMemory.now() else { throw BenchError(description: "no /proc here") }
            writeLine(memory.line, to: 1)
        }
        let monitored = InferenceMonitor.shutdown(timeout: .seconds(120))
        let report = run.finish(timeout: .seconds(120))
        guard report.dropped == 0, monitored.dropped == 0 else {
            throw BenchError(description: "not all was recorded: \(report); \(monitored)")
        }
        writeLine("\(report); \(monitored)", to: 1)
    }
}

/// Steps and requests at a pace that a shipper keeps up with.
private struct FootprintLoop {
    let run: Run
    let monitor: InferenceMonitor
    private var steps = 0
    private let start = Timer.nanoseconds()

    init(run: Run, monitor: InferenceMonitor) { (self.run, self.monitor) = (run, monitor) }

    mutating func record(upTo end: Int) {
        while steps < end {
            let next = min(end, steps + FootprintPace.burst)
            for step in steps..<next {
                run.step(
                    epoch: step / 1_000, batch: step % 1_000, loss: BenchStep.value(step, 0),
                    accuracy: BenchStep.value(step, 1), learningRate: BenchStep.value(step, 5),
                    gradientNorm: BenchStep.value(step, 6))
                monitor.record(latency: .microseconds(1 + step & 0xFFFF))
            }
            steps = next
            let due = start + UInt64(steps) * 1_000_000_000 / UInt64(FootprintPace.stepsPerSecond)
            let now = Timer.nanoseconds()
            if due > now { usleep(UInt32((due - now) / 1_000)) }
        }
    }
}

enum FootprintPace {
    static let stepsPerSecond = 400_000
    /// Recorded without a pause.
    static let burst = 1_000
}
