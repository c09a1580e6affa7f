// A program for the tests to kill: counts requests with the SDK, and says after each how many it has counted.
//
//     test-monitored-server ENDPOINT DIRECTORY PROGRESS THREADS
//
// PROGRESS is a file of one 128-byte line a thread; each starts with the count of calls that returned.

import Dispatch
import Hyperstep
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

let descriptor = open(arguments[3], O_RDWR)
let lines = mmap(nil, threads * 128, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
guard let lines, lines != MAP_FAILED else { exit(74) }

/// What one thread needs. Unchecked: the counter is an atomic in memory that is never unmapped.
struct Worker: @unchecked Sendable {
    let monitor: InferenceMonitor
    let returned: UnsafeMutablePointer<Atomic<UInt64>>

    func run() {
        var count: UInt64 = 0
        while true {
            monitor.record(latency: .microseconds(count % 10_000))
            count += 1
            returned.pointee.store(count, ordering: .releasing)
            // Slow enough for several windows to be taken and sent.
            if count % 64 == 0 { usleep(500) }
        }
    }
}

for number in 0..<threads {
    let worker = Worker(
        monitor: try InferenceMonitor.start(
            model: "m", endpoint: "/\(number % 2)", settings: settings),
        returned: (lines + number * 128).bindMemory(to: Atomic<UInt64>.self, capacity: 1))
    DispatchQueue(label: "worker \(number)").async { worker.run() }
}
while true { pause() }
