import NIOConcurrencyHelpers
import Testing

@testable import HyperstepShipper

@Suite("Waiting for something to happen", .timeLimit(.minutes(1)))
struct CompletionTests {
    @Test("Who waits to a far deadline leaves no timer behind", arguments: [true, false])
    func timer(isEarly: Bool) async {
        let completion = Completion()
        if isEarly { completion.complete() }
        await withCheckedContinuation { (ended: CheckedContinuation<Void, Never>) in
            Task {
                await completion.wait(until: .now + .seconds(86_400)) { ended.resume() }
            }
            completion.complete()
        }
    }

    @Test("Nobody waits longer than to the deadline")
    func deadline() async {
        await Completion().wait(until: .now)
    }
}
