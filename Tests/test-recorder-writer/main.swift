// A program for the tests to kill: records as fast as it can, and says after each call how far it got.
//
//     test-recorder-writer DIRECTORY PROGRESS THREADS CAPACITY consume|fill|monitor
//
// PROGRESS is a file of one 128-byte line a thread; each starts with the count of calls that returned true.
// `fill` stops at a full ring; `consume` has a thread of its own release what it reads, so that the ring turns.
// `monitor` records scalars and requests (see Monitoring.swift).

import HyperstepRecorder
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
guard arguments.count == 6, let threads = Int(arguments[3]), let capacity = Int(arguments[4]) else {
    exit(64)
}
endWithParent()
let isConsuming = arguments[5] == "consume"
let isMonitoring = arguments[5] == "monitor"

var configuration = RecorderConfiguration()
if isMonitoring {
    Monitoring.configure(&configuration, scalarCapacity: capacity)
} else {
    configuration.stepCapacity = capacity
}
configuration.identity = Array("test-recorder-writer".utf8)
let recorder = try RecorderDirectory(path: arguments[1]).create(configuration)

let descriptor = open(arguments[2], O_RDWR)
let progressBytes = threads * 128 + (isMonitoring ? Monitoring.mostWindows * 8 : 0)
let lines = mmap(nil, progressBytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
guard let lines, lines != MAP_FAILED else { exit(74) }

/// What one producer thread needs. Unchecked: the counter is an atomic in memory that is never unmapped.
struct Producer: @unchecked Sendable {
    let number: Int
    let ring: StepRing
    let returned: UnsafeMutablePointer<Atomic<UInt64>>

    func run() {
        var count: Int64 = 0
        while true {
            var record = StepRecord(time: count, step: count, epoch: Int32(number), batch: 0)
            record.present = .all
            record.loss = Double(count)
            record.stepTimeMs = Double(count) + 7
            guard ring.record(record) else { continue }
            count += 1
            returned.pointee.store(UInt64(count), ordering: .releasing)
        }
    }
}

/// Lets go of half of what is there, again and again.
@Sendable func consume(_ ring: StepRing) {
    while true {
        let reading = ring.read(from: 0, limit: .max) { _, _ in }
        ring.release(upTo: reading.positions.lowerBound + UInt64(reading.positions.count / 2))
    }
}

if isMonitoring {
    try Monitoring.start(recorder, threads: threads, lines: lines)
    while true { pause() }
}

let steps = recorder.steps
if isConsuming { startThread { consume(steps) } }
for number in 0..<threads {
    let producer = Producer(
        number: number, ring: steps,
        returned: (lines + number * 128).bindMemory(to: Atomic<UInt64>.self, capacity: 1))
    startThread { producer.run() }
}
while true { pause() }
