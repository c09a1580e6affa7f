import Synchronization
import Testing

@testable import HyperstepRecorder

@Suite("The ring of scalars")
struct ScalarRingTests {
    @Test("A record is 32 bytes and fits its slot of one cache line")
    func sizes() {
        #expect(MemoryLayout<ScalarRecord>.size == 32)
        #expect(ScalarRing.recordOffset + MemoryLayout<ScalarRecord>.size <= ScalarRing.slotBytes)
    }

    @Test("What is recorded is read back bit for bit, with a step and without")
    func roundTrip() throws {
        try withDirectory { directory in
            let ring = try directory.create(.everything).scalars
            let metric = MetricID(rawValue: .max)
            let records = [
                ScalarRecord(time: 1, metric: metric, value: 0.93, step: 100),
                ScalarRecord(time: .max, metric: MetricID(rawValue: 0), value: -.infinity),
                ScalarRecord(time: 0, metric: metric, value: .leastNonzeroMagnitude, step: .min),
            ]
            for record in records { #expect(ring.record(record)) }
            let nan = Double(nan: 0x1234, signaling: false)
            #expect(ring.record(ScalarRecord(time: 0, metric: metric, value: nan)))
            let (reading, read) = ring.all()
            #expect(reading.positions == 0..<4 && Array(read.prefix(3)) == records)
            #expect(read.map(\.hasStep) == [true, false, true, false])
            #expect(read[3].value.bitPattern == nan.bitPattern)
        }
    }

    @Test("A full ring drops the newest and counts it, as it counts a name that found no room")
    func full() throws {
        try withDirectory { directory in
            let ring = try directory.create(.everything).scalars
            for number in 0..<64 { #expect(ring.record(.numbered(number))) }
            #expect(!ring.record(.numbered(64)))
            ring.countDrop()
            #expect(ring.level.dropped == 2)
            ring.release(upTo: 1)
            #expect(ring.record(.numbered(64)))
            #expect(ring.all().records == (1...64).map { .numbered($0) })
        }
    }

    @Test("Rings that the recorder does not have take no room, drop everything and never wait")
    func absent() throws {
        try withDirectory { directory in
            var configuration = RecorderConfiguration()
            configuration.stepCapacity = 0
            configuration.eventCapacity = 0
            configuration.whenFull = .wait
            let recorder = try directory.create(configuration)
            #expect(!recorder.steps.isPresent && !recorder.scalars.isPresent && !recorder.windows.isPresent)
            #expect(!recorder.steps.record(.numbered(0)) && !recorder.scalars.record(.numbered(0)))
            for ring in [recorder.events, recorder.experiments, recorder.samples] {
                #expect(!ring.isPresent && ring.record([1]) == .dropped)
                #expect(ring.level.dropped == 1 && ring.level.fill == 0 && ring.all().reading.isEmpty)
            }
            recorder.steps.warm(slots: 8)
            recorder.scalars.warm(slots: 8)
            #expect(recorder.names.intern(name: "a", unit: "1") == nil && recorder.names.count == 0)
            #expect(recorder.monitors.series([1], at: 0) == nil)
            #expect(recorder.monitors.takeWindows(at: 0) { _ in [] }.isComplete)
            recorder.seal()
            #expect(recorder.isSealed && recorder.isDrained)
            let size = try bytes(of: recorder.path).count
            #expect(size == FileLayout.slotsOffset + FileLayout.headBytes)
            recorder.close()
            try #require(try directory.adopt(recorder.id).recorder).remove()
        }
    }

    @Test("Each accepted scalar is seen exactly once, in each producer's order", arguments: [1, 2, 4, 8])
    func hammer(producers: Int) throws {
        try withDirectory { directory in
            let ring = try directory.create(.everything).scalars
            let each = 20_000
            let accepted = Guarded<[Int: [Int]]>([:])
            let seen = Guarded<[ScalarRecord]>([])
            let running = Atomic<Int>(producers)
            onThreads(producers + 1) { thread in
                if thread == producers {
                    var mine: [ScalarRecord] = []
                    while true {
                        let more = running.load(ordering: .acquiring) > 0
                        let reading = ring.read(from: 0, limit: 50) { mine.append($1) }
                        ring.release(upTo: reading.positions.upperBound)
                        if reading.isEmpty {
                            if !more { break }
                            Backoff.brief()
                        }
                    }
                    return seen.withLock { [mine] in $0 = mine }
                }
                var mine: [Int] = []
                for number in 0..<each where ring.record(.numbered(number, producer: thread)) {
                    mine.append(number)
                }
                accepted.withLock { [mine] in $0[thread] = mine }
                running.wrappingSubtract(1, ordering: .releasing)
            }
            let records = seen.withLock { $0 }
            for producer in 0..<producers {
                let own = records.filter { $0.metric.rawValue == producer }
                #expect(own.map { Int($0.step) } == accepted.withLock { $0[producer] })
                #expect(own.allSatisfy { $0 == .numbered(Int($0.step), producer: producer) })
            }
            #expect(records.count + Int(ring.level.dropped) == producers * each)
        }
    }
}

extension ScalarRecord {
    static func numbered(_ number: Int, producer: Int = 0) -> ScalarRecord {
        ScalarRecord(
            time: Int64(number) &* 1_000, metric: MetricID(rawValue: UInt32(producer)),
            value: Double(number) / 7, step: Int64(number))
    }
}

extension ScalarRing {
    func all(from position: UInt64 = 0) -> (reading: RingReading, records: [ScalarRecord]) {
        var records: [ScalarRecord] = []
        let reading = read(from: position, limit: .max) { records.append($1) }
        return (reading, records)
    }
}

extension RecorderConfiguration {
    /// Every ring and area there is, small.
    static var everything: RecorderConfiguration {
        var configuration = Sample.configuration
        configuration.scalarCapacity = 64
        configuration.nameCapacity = 8
        configuration.experimentCapacity = 8
        configuration.sampleCapacity = 8
        configuration.windowCapacity = 8
        configuration.seriesCapacity = 2
        return configuration
    }
}
