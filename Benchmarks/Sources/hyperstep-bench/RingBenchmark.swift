import HyperstepRecorder
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

extension Benchmark {
    /// The recorder's ring by itself, in a real file, with a consumer that drains it on a thread of its own.
    static let ring = Benchmark(name: "record.ring", summary: "one record into the recorder's ring") {
        scale, add in
        let bench = try RingBench()
        defer { bench.stop() }
        let clock = bench.batches(scale, clock: true)
        add(.nanoseconds("record.ring.p50", clock.percentile(0.5), "with the clock"))
        let singles = bench.singles(scale)
        add(.nanoseconds("record.ring.p999", singles.percentile(0.999), "with the clock"))
        let noClock = bench.batches(scale, clock: false)
        add(.nanoseconds("record.ring.noclock.p50", noClock.percentile(0.5), "without"))
        for producers in [2, 4] {
            let samples = bench.parallel(producers, scale)
            add(
                .nanoseconds(
                    "record.ring.p50.\(producers)producers", samples.percentile(0.5), "with the clock"))
        }
        if let count = bench.allocations() {
            add(
                Measurement(
                    name: "record.ring.allocations", value: Double(count), unit: "count", note: "in 100,000"))
        }
        let dropped = bench.ring.level.dropped
        guard dropped == 0 else {
            fatalError("\(dropped) records were dropped: the numbers are not of recording")
        }
    }
}

extension Measurement {
    static func nanoseconds(_ name: String, _ value: Double, _ note: String) -> Measurement {
        Measurement(name: name, value: value, unit: "ns", note: note)
    }
}

/// A recorder in a directory of its own, and its consumer.
private final class RingBench: Sendable {
    let ring: StepRing
    private let recorder: Recorder
    private let directory: RecorderDirectory
    private let consumer: Mutex<Thread?>
    private let stopping: Flag

    init() throws {
        directory = try RecorderDirectory(path: "/tmp/hyperstep-bench-\(getpid())")
        recorder = try directory.create(RecorderConfiguration())
        let ring = recorder.steps
        self.ring = ring
        let stopping = Flag()
        self.stopping = stopping
        consumer = Mutex(Thread { Self.consume(ring, until: stopping) })
    }

    func stop() {
        stopping.raise()
        consumer.withLock { $0?.join() }
        try? recorder.remove()
        rmdir(directory.path)
    }

    /// As a shipper does: reads every column, releases, looks again a little later.
    private static func consume(_ ring: StepRing, until stopping: Flag) {
        var sum = 0.0
        while true {
            let more = !stopping.isRaised
            let reading = ring.read(from: 0, limit: 8_192) { sum += $1.loss + $1.stepTimeMs }
            ring.release(upTo: reading.positions.upperBound)
            if reading.isEmpty {
                if !more { break }
                usleep(200)
            }
        }
        keep(sum)
    }

    /// Waits until the consumer has caught up enough for the next thousands of records.
    private func catchUp() {
        while ring.level.used > 32_768 { usleep(50) }
    }

    /// A full record, as `run.step` makes it: all eight columns.
    @inline(__always)
    private func record(_ step: Int64, time: Int64) {
        ring.record(
            StepRecord(
                time: time, step: step, epoch: 1, batch: Int32(truncatingIfNeeded: step), present: .all,
                loss: Double(step), accuracy: 0.5, precision: 0.5, recall: 0.5, f1Score: 0.5,
                learningRate: 1e-3, gradientNorm: 1, stepTimeMs: 2))
    }

    func batches(_ scale: Scale, clock: Bool) -> Samples {
        var step: Int64 = 0
        if clock {
            return .ofBatches(scale.count(5_000), pause: catchUp) {
                record(step, time: Timer.wallNanoseconds())
                step &+= 1
            }
        }
        return .ofBatches(scale.count(5_000), pause: catchUp) {
            record(step, time: 1)
            step &+= 1
        }
    }

    func singles(_ scale: Scale) -> Samples {
        var step: Int64 = 0
        return .ofSingles(scale.count(2_000_000), pause: catchUp) {
            record(step, time: Timer.wallNanoseconds())
            step &+= 1
        }
    }

    func parallel(_ producers: Int, _ scale: Scale) -> Samples {
        .merged(
            onThreads(producers) {
                self.batches(Scale(factor: scale.factor / Double(producers)), clock: true)
            })
    }

    func allocations() -> Int? {
        Allocations.count {
            for step in 0..<100_000 {
                if step % 1_000 == 0 { catchUp() }
                record(Int64(step), time: Timer.wallNanoseconds())
            }
        }
    }
}

/// Something to say once, across threads.
final class Flag: Sendable {
    private let raised = Atomic<Bool>(false)
    var isRaised: Bool { raised.load(ordering: .acquiring) }
    func raise() { raised.store(true, ordering: .releasing) }
}
