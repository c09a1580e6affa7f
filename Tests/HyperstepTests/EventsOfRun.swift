import HyperstepRecorder
import HyperstepWire

@testable import Hyperstep

extension Run {
    /// The events that wait in the run's recorder.
    var waitingEvents: [RunEvent] {
        guard let events = recording?.recorder.events else { return [] }
        var found: [RunEvent] = []
        _ = events.read(from: events.level.released, limit: 1_000) { _, payload in
            if let event = try? RunEvent(decoding: payload) { found.append(event) }
            return true
        }
        return found
    }

    /// The steps that wait in the run's recorder.
    var waitingSteps: [Int64] {
        guard let steps = recording?.recorder.steps else { return [] }
        var found: [Int64] = []
        _ = steps.read(from: steps.level.released, limit: 10_000) { _, record in found.append(record.step) }
        return found
    }
}
