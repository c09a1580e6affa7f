import Testing

@testable import HyperstepRecorder

@Suite("The ring of events")
struct EventRingTests {
    @Test("Payloads of every kind of length come back as they were")
    func lengths() throws {
        try withDirectory { directory in
            let ring = try directory.create(RecorderConfiguration()).events
            let lengths = [0, 1, 7, 8, 9, 4_096, EventRing.maximumPayload]
            for length in lengths {
                #expect(ring.record([UInt8](repeating: UInt8(length & 0xFF), count: length)) == .recorded)
            }
            let (reading, payloads) = ring.all()
            #expect(reading.positions == 0..<UInt64(lengths.count))
            #expect(payloads == lengths.map { [UInt8](repeating: UInt8($0 & 0xFF), count: $0) })
        }
    }

    @Test("A payload that does not fit is refused, and is no drop")
    func tooLarge() throws {
        try withDirectory { directory in
            let ring = try directory.create(RecorderConfiguration()).events
            #expect(ring.record([UInt8](repeating: 1, count: EventRing.maximumPayload + 1)) == .tooLarge)
            #expect(ring.level.end == 0 && ring.level.dropped == 0)
        }
    }

    @Test("A full ring drops the newest; a reading that its body ends leaves that event for the next")
    func fullAndPartial() throws {
        try withDirectory { directory in
            var configuration = RecorderConfiguration()
            configuration.eventCapacity = 8
            let ring = try directory.create(configuration).events
            for number in 0..<8 { #expect(ring.record([UInt8(number)]) == .recorded) }
            #expect(ring.record([9]) == .dropped)
            #expect(ring.level.dropped == 1)
            var seen: [UInt8] = []
            let reading = ring.read(from: 0, limit: .max) { _, payload in
                guard seen.count < 3 else { return false }
                seen.append(payload[0])
                return true
            }
            #expect(reading.positions == 0..<3 && seen == [0, 1, 2])
            ring.release(upTo: 3)
            #expect(ring.all().payloads.first == [3])
        }
    }
}
