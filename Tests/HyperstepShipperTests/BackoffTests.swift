import TestRandom
import Testing

@testable import HyperstepShipper

@Suite("Waiting between attempts")
struct BackoffTests {
    @Test("Waits double up to a bound, vary, and begin again after a success")
    func grows() {
        var generator = Seeded(1)
        var backoff = Backoff()
        var bound = Backoff.initial
        for _ in 0..<20 {
            let wait = backoff.next(using: &generator)
            #expect(wait <= bound && wait >= bound / 2)
            bound = min(bound * 2, Backoff.maximum)
        }
        backoff.reset()
        #expect(backoff.next(using: &generator) <= Backoff.initial)
    }
}
