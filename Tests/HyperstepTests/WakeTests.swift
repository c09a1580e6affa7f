import Foundation
import HyperstepRecorder
import Synchronization
import Testing

@testable import Hyperstep

@Suite("Waking the shipper's thread")
struct WakeTests {
    /// Notes how deep the stack is where it is released.
    private final class Sounding: Sendable {
        private let address: Place

        final class Place: Sendable { let value = Atomic<UInt>(0) }

        init(into address: Place) { self.address = address }

        deinit {
            var here = 0
            let found = withUnsafeMutablePointer(to: &here) { UInt(bitPattern: $0) }
            address.value.store(found, ordering: .relaxed)
        }
    }

    /// Where the stack is when what a recording is woken by is released, after so many wakes.
    @inline(never)
    private func releaseAddress(afterWakes count: Int) throws -> UInt {
        let directory = try TemporaryDirectory()
        let description = try RunDescription(
            project: "p", name: "n", model: "m", modelVersion: nil, id: nil)
        let recorder = try Settings(mode: .offline, directory: directory.path)
            .resolved(environment: [:]).makeRecorder(for: description)
        let address = Sounding.Place()
        do {
            let recording = Recording(runID: description.runID, recorder: recorder)
            let sounding = Sounding(into: address)
            recording.onWaiting { withExtendedLifetime(sounding) {} }
            for _ in 0..<count { recording.wakeShipper() }
        }
        return address.value.load(ordering: .relaxed)
    }

    @Test("However often it is woken, the chain of calls stays as long as it was")
    func stack() throws {
        let addresses = try [1, 500].map { try releaseAddress(afterWakes: $0) }
        #expect(addresses[0] != 0 && addresses[0] == addresses[1])
    }
}
