import Foundation
import HyperstepRecorder
import Synchronization
import Testing

@testable import Hyperstep

@Suite("Waking the shipper's thread")
struct WakeTests {
    /// Stores the address of the stack at its release.
    private final class StackProbe: Sendable {
        private let address: Place

        final class Place: Sendable { let value = Atomic<UInt>(0) }

        init(into address: Place) { self.address = address }

        deinit {
            var here = 0
            let found = withUnsafeMutablePointer(to: &here) { UInt(bitPattern: $0) }
            address.value.store(found, ordering: .relaxed)
        }
    }

    /// Where the stack stands when the function that wakes the shipper is released, after so many wakes. Wrappers
    /// around it would be released first, each in a call within the call before.
    @inline(never)
    private func releaseAddress(afterWakes count: Int) throws -> UInt {
        let directory = try TemporaryDirectory()
        let description = try RunDescription(
            project: "p", name: "n", model: "m", modelVersion: nil, id: nil)
        let recorder = try Settings(mode: .offline, directory: directory.path)
            .resolved(environment: [:]).makeRecorder(for: description)
        let address = StackProbe.Place()
        do {
            let recording = Recording(runID: description.runID, recorder: recorder)
            let probe = StackProbe(into: address)
            recording.onWaiting { withExtendedLifetime(probe) {} }
            for _ in 0..<count { recording.wakeShipper() }
        }
        return address.value.load(ordering: .relaxed)
    }

    @Test("Many wakes add nothing to the function that wakes it")
    func stack() throws {
        let addresses = try [1, 500].map { try releaseAddress(afterWakes: $0) }
        #expect(addresses[0] != 0 && addresses[0] == addresses[1])
    }
}
