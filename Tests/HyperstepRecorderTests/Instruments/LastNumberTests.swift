import Synchronization
import Testing

@testable import HyperstepRecorder

/// Calls that run while an interval ends, one store after the other: what they do is done here in their stead.
@Suite("The last number of an interval that ends during a call")
struct LastNumberTests {
    /// A call that notes a number where the bank of `epoch` is, and counts it later.
    private struct Call {
        let place: InstrumentSeriesPlace
        let stripe: Int

        func note(_ number: Double, epoch: UInt64) {
            let bank = InstrumentWord.bank(epoch)
            place.raise(bank, stripe: stripe, to: OrderedBits.of(number))
            place.raise(bank + 1, stripe: stripe, to: OrderedBits.of(-number))
            place.word(bank + 2, stripe: stripe).pointee.store(OrderedBits.of(number), ordering: .relaxed)
        }

        func add(_ number: Double) {
            ExactSum.parts(of: number) { word, amount in
                place.word(InstrumentWord.sum.lowerBound + word, stripe: stripe).pointee
                    .wrappingAdd(amount, ordering: .relaxed)
            }
        }

        func count() {
            place.word(InstrumentWord.calls, stripe: stripe).pointee.wrappingAdd(1, ordering: .relaxed)
        }
    }

    private func take(_ recorder: Recorder, at time: Int64, meanwhile: @escaping () -> Void = {}) throws
        -> InstrumentCode
    {
        let before = recorder.instrumentCodes.count
        var isFirst = true
        _ = recorder.instruments.takeWindows(
            at: time,
            afterStore: {
                if isFirst { meanwhile() }
                isFirst = false
            }, InstrumentCode.encode)
        let windows = recorder.instrumentCodes
        try #require(windows.count == before + 1)
        return windows[before]
    }

    @Test("One that is noted after its interval was read is in the window that counts it", arguments: 0..<4)
    func late(stripe: Int) throws {
        try withDirectory { directory in
            let recorder = try directory.create(.instruments)
            let series = try #require(recorder.instruments.series([1], at: 0))
            series.add(1)
            let call = Call(place: series.place, stripe: stripe)
            let epoch = series.place.epoch.pointee.load(ordering: .relaxed)
            let first = try take(recorder, at: 1) {
                call.note(7, epoch: epoch)
                call.add(7)
                call.count()
            }
            #expect(first.count == 1 && first.last == 1)
            let second = try take(recorder, at: 2)
            #expect(second.count == 1 && second.last == 7 && second.sum == 7)
        }
    }

    @Test("One that is not counted yet is in the window that counts it, and in none without a count")
    func uncounted() throws {
        try withDirectory { directory in
            let recorder = try directory.create(.instruments)
            let series = try #require(recorder.instruments.series([1], at: 0))
            let call = Call(place: series.place, stripe: 0)
            call.note(7, epoch: series.place.epoch.pointee.load(ordering: .relaxed))
            call.add(7)
            let first = try take(recorder, at: 1)
            #expect(first.count == 0 && first.sum == 7 && first.last == nil && first.most == nil)
            call.count()
            let second = try take(recorder, at: 2)
            #expect(second.count == 1 && second.last == 7 && second.most == 7 && second.least == 7)
        }
    }

    @Test("Of several stripes' last numbers none comes again in a later window")
    func several() throws {
        try withDirectory { directory in
            let recorder = try directory.create(.instruments)
            let series = try #require(recorder.instruments.series([1], at: 0))
            let calls = (0..<StripePicker.stripes).map { Call(place: series.place, stripe: $0) }
            for round in 1..<4 {
                // All of them, then the last one alone.
                for (number, call) in calls.enumerated() where round == 1 || number == calls.count - 1 {
                    call.note(
                        Double(10 * round + number),
                        epoch: series.place.epoch.pointee.load(ordering: .relaxed))
                    call.count()
                }
                let window = try take(recorder, at: Int64(round))
                #expect(window.last == Double(round == 1 ? 10 : 10 * round + calls.count - 1))
            }
        }
    }
}
