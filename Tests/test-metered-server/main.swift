// A program for the tests to kill: counts, times and records with swift-metrics, and says after each turn how many
// it has done.
//
//     test-metered-server ENDPOINT DIRECTORY PROGRESS THREADS
//
// PROGRESS is a file of one 128-byte line a thread; each starts with the count of turns that ended.

#if SwiftMetrics
    import CoreMetrics
    import Dispatch
    import Hyperstep
    import HyperstepMetrics
    import Synchronization
    import TestChildren

    #if canImport(Glibc)
        import Glibc
    #elseif canImport(Musl)
        import Musl
    #elseif canImport(Darwin)
        import Darwin
    #endif

    let arguments = CommandLine.arguments
    guard arguments.count == 5, let threads = Int(arguments[4]) else { exit(64) }
    endWithParent()

    var settings = Settings(endpoint: arguments[1], mode: .online, directory: arguments[2])
    settings.flushInterval = .milliseconds(5)
    settings.windowInterval = .milliseconds(100)
    settings.seriesCapacity = 64

    let descriptor = open(arguments[3], O_RDWR)
    let lines = mmap(nil, threads * 128, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
    guard let lines, lines != MAP_FAILED else { exit(74) }

    MetricsSystem.bootstrap(try HyperstepMetricsFactory.start(service: "metered", settings: settings))

    /// What one thread needs. Unchecked: the counter is an atomic in memory that is never unmapped.
    struct Worker: @unchecked Sendable {
        let counter: Counter
        let timer: CoreMetrics.Timer
        let recorder: CoreMetrics.Recorder
        let returned: UnsafeMutablePointer<Atomic<UInt64>>

        func run() {
            var count: UInt64 = 0
            while true {
                counter.increment(by: 3)
                timer.recordNanoseconds(Int64(1_000 * (1 + count % 10_000)))
                recorder.record(Double(count % 100) / 4 - 12)
                count += 1
                returned.pointee.store(count, ordering: .releasing)
                // Slow enough for several windows to be taken and sent.
                if count % 64 == 0 { usleep(500) }
            }
        }
    }

    for number in 0..<threads {
        let dimensions = [("half", "\(number % 2)")]
        let worker = Worker(
            counter: Counter(label: "turns", dimensions: dimensions),
            timer: CoreMetrics.Timer(label: "durations", dimensions: dimensions),
            recorder: CoreMetrics.Recorder(label: "values", dimensions: dimensions),
            returned: (lines + number * 128).bindMemory(to: Atomic<UInt64>.self, capacity: 1))
        DispatchQueue(label: "worker \(number)").async { worker.run() }
    }
    while true { pause() }
#endif
