import NIOCore
import Testing

@testable import HyperstepHTTP2

@Suite("The small parts")
struct PartsTests {
    @Test("Output keeps its order, gathers small pieces and does not copy large ones")
    func outboundFrames() {
        let large = pattern(OutboundFrames.copyBelow)
        var frames = OutboundFrames()
        [UInt8]([1, 2]).withUnsafeBytes { frames.append($0) }
        frames.append(ByteBuffer(bytes: [3]))
        frames.append(large)
        frames.append(ByteBuffer(bytes: [4]))
        #expect(frames.byteCount == 4 + large.readableBytes)

        let buffers = frames.take()
        #expect(buffers.map(\.readableBytes) == [3, large.readableBytes, 1])
        #expect(buffers[1] == large)
        #expect(frames.byteCount == 0 && frames.take().isEmpty)
        let isSameMemory = buffers[1].withUnsafeReadableBytes { sent in
            large.withUnsafeReadableBytes { $0.baseAddress == sent.baseAddress }
        }
        #expect(isSameMemory)
    }

    @Test("A budget gives all or nothing, and takes back")
    func budget() {
        let budget = HTTP2ByteBudget(limit: 10)
        #expect(budget.reserve(7))
        #expect(!budget.reserve(4))
        #expect(budget.bytesInFlight == 7)
        #expect(budget.reserve(3))
        budget.release(7)
        #expect(budget.bytesInFlight == 3)
        #expect(!budget.reserve(Int.max))
    }

    @Test("Threads that reserve at the same time never pass the bound and leave nothing behind")
    func budgetUnderContention() async {
        let budget = HTTP2ByteBudget(limit: 100)
        let breaches = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    var breaches = 0
                    for _ in 0..<20_000 where budget.reserve(33) {
                        if budget.bytesInFlight > 100 { breaches += 1 }
                        budget.release(33)
                    }
                    return breaches
                }
            }
            return await group.reduce(0, +)
        }
        #expect(breaches == 0 && budget.bytesInFlight == 0)
    }

    @Test("A reservation is given back once, at the latest when nobody holds it")
    func reservation() {
        let budget = HTTP2ByteBudget(limit: 10)
        var first: ByteReservation? = ByteReservation(in: budget)
        #expect(first?.grow(by: 4) == true && first?.grow(by: 7) == false)
        first?.release()
        first?.release()
        #expect(budget.bytesInFlight == 0)
        #expect(first?.grow(by: 2) == true)
        first = nil
        #expect(budget.bytesInFlight == 0)
    }

    @Test("Resets are allowed in a burst and then at a steady rate")
    func resetRate() {
        var limit = ResetRateLimit()
        func taken() -> Int {
            var count = 0
            while limit.take() { count += 1 }
            return count
        }
        #expect(taken() == ResetRateLimit.burst)
        limit.refill(seconds: 1)
        #expect(taken() == ResetRateLimit.perSecond)
        limit.refill(seconds: 1e9)
        #expect(taken() == ResetRateLimit.burst)
    }

    @Test("A tick is a quarter of the shortest timeout within its bounds, and timeouts round up")
    func ticks() {
        let ticks = Ticks(for: [.milliseconds(400), .seconds(30)])
        #expect(ticks.interval == .milliseconds(100))
        #expect(ticks.count(of: .milliseconds(250)) == 3)
        #expect(Ticks(for: [.hours(1)]).interval == .seconds(1))
        #expect(Ticks(for: [.nanoseconds(1)]).interval == .milliseconds(10))
    }

    @Test("Which failures leave no doubt that the request was not acted on")
    func retryable() {
        let safe: [HTTP2Error.Code] = [.connectFailed, .goingAway, .refused, .tooManyRequests]
        let unsafe: [HTTP2Error.Code] = [.closed, .reset, .timedOut, .protocolViolation, .bodyNotSent]
        for code in safe { #expect(HTTP2Error(code, "").isRetryable) }
        for code in unsafe { #expect(!HTTP2Error(code, "").isRetryable) }
    }
}
