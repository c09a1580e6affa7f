import HyperstepRecorder
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The mode `monitor`: threads that record a scalar and a request each turn, and one that takes windows and lets
/// some of them go.
///
/// A thread's line starts with how many of its scalars returned, and then how many of its requests. After the
/// lines there is a word for each window, by its position: how many requests it had, written before the window is
/// released.
enum Monitoring {
    static let mostWindows = 1 << 20

    static func configure(_ configuration: inout RecorderConfiguration, scalarCapacity: Int) {
        configuration.stepCapacity = 0
        configuration.eventCapacity = 0
        configuration.scalarCapacity = scalarCapacity
        configuration.windowCapacity = 8
        configuration.seriesCapacity = 2
    }

    /// What one producer thread needs. Unchecked: the counters are atomics in memory that is never unmapped.
    private struct Producer: @unchecked Sendable {
        let number: Int
        let scalars: ScalarRing
        let metric: MetricID
        let series: MonitorSeries
        let returned: UnsafeMutablePointer<Atomic<UInt64>>

        func run() {
            var count: Int64 = 0
            while true {
                let scalar = ScalarRecord(time: count, metric: metric, value: Double(count) + 7, step: count)
                guard scalars.record(scalar) else { continue }
                count += 1
                returned.pointee.store(UInt64(count), ordering: .releasing)
                series.recordRequest(nanoseconds: UInt64(count) << 10, isError: count & 1 == 0)
                (returned + 1).pointee.store(UInt64(count), ordering: .releasing)
            }
        }
    }

    /// The thread that takes windows. Unchecked: as above.
    private struct Taker: @unchecked Sendable {
        let recorder: Recorder
        let requests: UnsafeMutablePointer<Atomic<UInt64>>

        func run() {
            var time: Int64 = 0
            while recorder.windows.level.end < mostWindows - 8 {
                time += 1
                recorder.monitors.takeWindows(at: time, encode)
                let reading = recorder.windows.read(from: 0, limit: .max) { position, payload in
                    (requests + Int(position)).pointee.store(
                        payload.loadUnaligned(as: UInt64.self), ordering: .releasing)
                    return true
                }
                recorder.windows.release(
                    upTo: reading.positions.lowerBound + UInt64(reading.positions.count / 2))
            }
        }

        private func encode(_ window: MonitorWindow) -> [UInt8] {
            withUnsafeBytes(of: window.count(.request)) { Array($0) }
        }
    }

    static func start(_ recorder: Recorder, threads: Int, lines: UnsafeMutableRawPointer) throws {
        for number in 0..<threads {
            // Two threads share a series and each has a metric of its own.
            guard let metric = recorder.names.intern(name: "thread/\(number)", unit: "1"),
                let series = recorder.monitors.series([UInt8(number & 1)], at: 0)
            else { exit(70) }
            let producer = Producer(
                number: number, scalars: recorder.scalars, metric: metric, series: series,
                returned: (lines + number * 128).bindMemory(to: Atomic<UInt64>.self, capacity: 16))
            startThread { producer.run() }
        }
        let taker = Taker(
            recorder: recorder,
            requests: (lines + threads * 128).bindMemory(to: Atomic<UInt64>.self, capacity: mostWindows))
        startThread { taker.run() }
    }
}
