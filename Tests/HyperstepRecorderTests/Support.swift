import Synchronization

@testable import HyperstepRecorder

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A state directory of a test's own, deleted after it.
func withDirectory<Result>(_ body: (RecorderDirectory) throws -> Result) throws -> Result {
    let path = FileManager.default.temporaryDirectory.path + "/hyperstep-recorder-tests-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try body(RecorderDirectory(path: path))
}

/// A ring in memory that belongs to no file.
final class MemoryRing: Sendable {
    let steps: StepRing
    let core: RingCore

    init(capacity: Int, whenFull: FullPolicy = .drop, isOrphan: Bool = false) throws {
        let memory = try RecorderMemory.copy(
            Libc.open("/dev/null", O_RDONLY), count: RingCore.cursorBytes + capacity * StepRing.slotBytes)
        core = RingCore(
            cursors: memory.base, slots: memory.base + RingCore.cursorBytes, capacity: capacity,
            whenFull: whenFull)
        steps = StepRing(
            core: core,
            binding: RingBinding(memory: memory, stream: UUID(), isOrphan: isOrphan, releasedOffset: nil))
    }
}

extension StepRecord {
    /// A record whose every field follows from its number and its producer.
    static func numbered(_ number: Int, producer: Int = 0) -> StepRecord {
        var record = StepRecord(
            time: Int64(number) &* 1_000, step: Int64(number), epoch: Int32(producer),
            batch: Int32(truncatingIfNeeded: number))
        record.present = .all
        record.loss = Double(number)
        record.accuracy = Double(number) + 1
        record.precision = Double(number) + 2
        record.recall = Double(number) + 3
        record.f1Score = Double(number) + 4
        record.learningRate = Double(number) + 5
        record.gradientNorm = Double(number) + 6
        record.stepTimeMs = Double(number) + 7
        return record
    }

    /// Whether the record is one that `numbered` made, whole.
    var isIntact: Bool { self == .numbered(Int(step), producer: Int(epoch)) }
}

extension StepRing {
    /// Reads all that is readable, as an array.
    func all(from position: UInt64 = 0) -> (reading: RingReading, records: [(UInt64, StepRecord)]) {
        var records: [(UInt64, StepRecord)] = []
        let reading = read(from: position, limit: .max) { records.append(($0, $1)) }
        return (reading, records)
    }
}

extension EventRing {
    func all(from position: UInt64 = 0) -> (reading: RingReading, payloads: [[UInt8]]) {
        var payloads: [[UInt8]] = []
        let reading = read(from: position, limit: .max) { _, payload in
            payloads.append(Array(payload))
            return true
        }
        return (reading, payloads)
    }
}

extension Adoption {
    var recorder: Recorder? { if case .adopted(let recorder) = self { recorder } else { nil } }
    var report: RecorderReport? { if case .unreadable(let report) = self { report } else { nil } }
    var isLive: Bool { if case .live = self { true } else { false } }
    var isGone: Bool { if case .gone = self { true } else { false } }
}

/// A whole file's bytes, and back.
func bytes(of path: String) throws -> [UInt8] {
    let descriptor = try Libc.open(path, O_RDONLY)
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: Int(try Libc.status(of: descriptor).st_size))
    _ = try bytes.withUnsafeMutableBytes { try Libc.read(descriptor, into: $0, at: 0) }
    return bytes
}

func write(_ bytes: [UInt8], to path: String) throws {
    let descriptor = try Libc.open(path, O_WRONLY | O_CREAT | O_TRUNC)
    defer { close(descriptor) }
    try bytes.withUnsafeBytes { try Libc.write(descriptor, $0, at: 0) }
}

/// Runs bodies on threads of their own and waits for all.
func onThreads(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
    var threads: [Thread] = []
    for number in 0..<count { threads.append(Thread { body(number) }) }
    for thread in threads { thread.join() }
}

/// A POSIX thread: the tests want real ones that block and race.
final class Thread {
    private final class Body: Sendable {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }
    #if canImport(Darwin)
        private var handle: pthread_t?
    #else
        private var handle = pthread_t()
    #endif

    init(_ body: @escaping @Sendable () -> Void) {
        let context = Unmanaged.passRetained(Body(body)).toOpaque()
        #if canImport(Darwin)
            pthread_create(
                &handle, nil,
                {
                    Unmanaged<Body>.fromOpaque($0).takeRetainedValue().run(); return nil
                }, context)
        #else
            pthread_create(
                &handle, nil,
                {
                    Unmanaged<Body>.fromOpaque($0!).takeRetainedValue().run(); return nil
                }, context)
        #endif
    }

    func join() {
        #if canImport(Darwin)
            pthread_join(handle!, nil)
        #else
            pthread_join(handle, nil)
        #endif
    }
}
