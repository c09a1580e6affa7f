import CoreMetrics
import Foundation
import Hyperstep
import HyperstepMetrics
import Logging
import Synchronization
import TrainingPattern

// A training loop in a process of its own, for the tests of the whole to watch, load and kill.
//
//   test-trainer --directory DIR [--endpoint URL] [--mode online|offline] --run UUID … [--steps N]
//                [--first N] [--progress FILE] [--when-full wait|drop] [--pace MICROSECONDS] [--timeout SECONDS]
//                [--resume FROM-STEP] [--attempt N] [--rank N] [--on-signals finish] [--all-kinds true]
//
// One thread per run. With --all-kinds each step is also a scalar of that run, a request of a monitor whose
// endpoint is the run's id, and what a counter and a timer of swift-metrics with that dimension are given; and some
// are an event of an experiment whose id is the run's, and then a parameter of the run. After each step whose calls
// returned it counts in FILE, which outlives the process as the recorder does: one 64-bit number per run, in their
// order. Prints one line per run at the end: UUID committed spooled dropped rejected. With --resume the steps begin at
// FROM-STEP, and are counted by the run.

let arguments = TrainerArguments(CommandLine.arguments.dropFirst())
LoggingSystem.bootstrap(StreamLogHandler.standardError)

/// One counter per run in a file that is mapped, so that `kill -9` takes none of it back.
func mapCounters(_ path: String, count: Int) -> UnsafeMutablePointer<Atomic<UInt64>> {
    let size = count * MemoryLayout<UInt64>.stride
    let file = open(path, O_RDWR | O_CREAT, 0o600)
    guard file >= 0, ftruncate(file, off_t(size)) == 0,
        let memory = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0), memory != MAP_FAILED
    else { fatalError("cannot map \(path)") }
    return memory.bindMemory(to: Atomic<UInt64>.self, capacity: count)
}

var settings = Settings(
    endpoint: arguments.endpoint, mode: arguments.isOffline ? .offline : .online,
    directory: arguments.directory)
settings.whenFull = arguments.waits ? .wait : .drop
settings.ringCapacity = arguments.ringCapacity
settings.flushInterval = .milliseconds(20)
settings.windowInterval = .milliseconds(100)
settings.seriesCapacity = 64
let counters = arguments.progress.map { mapCounters($0, count: arguments.runs.count) }

/// A pointer to shared counters, each written by one thread.
struct Counter: @unchecked Sendable {
    let pointer: UnsafeMutablePointer<Atomic<UInt64>>?
}

let metrics =
    try arguments.recordsAllKinds
    ? HyperstepMetricsFactory.start(service: TrainingPattern.service, settings: settings) : nil

let group = DispatchGroup()
let lines = Mutex<[String]>([])
for (index, id) in arguments.runs.enumerated() {
    let resume = arguments.resumesFrom.map {
        Resume.run(id, fromStep: $0, attempt: arguments.attempt)
    }
    let run = try Run.start(
        project: "whole", name: "run \(index)", model: "pattern", id: id, resume: resume,
        rank: arguments.rank, parameters: ["index": .int(index)], settings: settings)
    if arguments.finishesOnSignals { run.finishOnSignals(timeout: .seconds(arguments.timeout)) }
    let metric = run.metric(TrainingPattern.metric, unit: "1")
    let monitor =
        try arguments.recordsAllKinds
        ? InferenceMonitor.start(model: "pattern", endpoint: id.uuidString, settings: settings) : nil
    let dimensions = [("run", id.uuidString)]
    let sum = metrics?.makeCounter(label: TrainingPattern.counter, dimensions: dimensions)
    let timer = metrics?.makeTimer(label: TrainingPattern.timer, dimensions: dimensions)
    let trial = arguments.recordsAllKinds ? run.experiment(id: id, worker: "\(index)") : nil
    let counter = Counter(pointer: counters.map { $0 + index })
    let thread = Thread {
        let first = arguments.resumesFrom ?? arguments.first
        for step in first..<first + arguments.steps {
            run.step(
                arguments.resumesFrom == nil ? step : nil, epoch: TrainingPattern.epoch(at: step),
                batch: TrainingPattern.batch(at: step),
                loss: TrainingPattern.value(0, at: step), accuracy: TrainingPattern.value(1, at: step),
                precision: TrainingPattern.value(2, at: step), recall: TrainingPattern.value(3, at: step),
                f1Score: TrainingPattern.value(4, at: step), learningRate: TrainingPattern.value(5, at: step),
                gradientNorm: TrainingPattern.value(6, at: step),
                stepTimeMs: TrainingPattern.value(7, at: step))
            if let monitor {
                metric.record(TrainingPattern.scalar(at: step), step: step)
                monitor.record(latency: .nanoseconds(TrainingPattern.latency(at: step)))
                sum?.increment(by: TrainingPattern.increment(at: step))
                timer?.recordNanoseconds(Int64(TrainingPattern.latency(at: step)))
                let n = TrainingPattern.events(before: step)
                if TrainingPattern.events(before: step + 1) > n {
                    trial?.record(metrics: ["n": Double(n)])
                    run.update(parameters: ["n": .int(n)])
                }
            }
            counter.pointer?.pointee.store(UInt64(step + 1 - first), ordering: .releasing)
            if arguments.pace > 0 { usleep(arguments.pace) }
            // As a loop does that keeps checkpoints.
            if arguments.finishesOnSignals, run.isFinished { break }
        }
        let report = run.finish(timeout: .seconds(arguments.timeout))
        lines.withLock {
            $0.append("\(id) \(report.committed) \(report.spooled) \(report.dropped) \(report.rejected)")
        }
        group.leave()
    }
    group.enter()
    thread.start()
}
group.wait()
InferenceMonitor.shutdown(timeout: .seconds(arguments.timeout))
metrics?.shutdown(timeout: .seconds(arguments.timeout))
print(lines.withLock { $0.joined(separator: "\n") })
