import HyperstepRecorder
import HyperstepWire
import Synchronization

/// The names of a run's metrics: each is given a number in its recorder once.
final class MetricNames: Sendable {
    enum Answer: Equatable {
        case known(MetricID, unit: String)
        /// The name cannot be stored; whether it is the first of its kind.
        case unfit(isFirst: Bool)
        /// There is no room for another name; whether it is the first that finds none.
        case full(isFirst: Bool)
    }

    private struct State {
        var known: [String: (id: MetricID, unit: String)] = [:]
        var saidUnfit = false
        var refused: UInt64 = 0
    }

    private let state = Mutex(State())

    /// How often a name was refused because there was no room for it.
    var refused: UInt64 { state.withLock(\.refused) }

    func find(_ name: String, unit: String, in names: NameTable) -> Answer {
        let isFit = (1...WireLimits.maxNameBytes).contains(name.utf8.count) && !name.utf8.contains(0)
        let isUnit = unit.utf8.count <= MetricName.maximumUnit && !unit.utf8.contains(0)
        return state.withLock { state in
            guard isFit else {
                defer { state.saidUnfit = true }
                return .unfit(isFirst: !state.saidUnfit)
            }
            if let known = state.known[name] { return .known(known.id, unit: known.unit) }
            let unit = isUnit ? unit : ""
            guard let id = names.intern(name: name, unit: unit) else {
                state.refused += 1
                return .full(isFirst: state.refused == 1)
            }
            state.known[name] = (id, unit)
            return .known(id, unit: unit)
        }
    }
}
