import HyperstepWire
import Synchronization

/// The bounded queue in front of one writer.
final class Mailbox: Sendable {
    private let settings: WriterSettings
    private let monitor: Monitor<State>
    private let room = Room()

    /// Bytes of the batches that are not answered yet: waiting, or being committed.
    private final class Room: Sendable {
        // Relaxed: a count that bounds memory, exact enough without ordering anything else.
        private let taken = Atomic(0)
        var bytes: Int { taken.load(ordering: .relaxed) }
        func take(_ bytes: Int) { taken.add(bytes, ordering: .relaxed) }
        func giveBack(_ bytes: Int) { taken.subtract(bytes, ordering: .relaxed) }
    }

    fileprivate struct State {
        var waiting: [PendingBatch] = []
        var rows = 0
        var lastArrival = ContinuousClock.Instant.now
        /// Why nothing is taken; nil while it is.
        var refusal: String?
        var isClosed = false
    }

    /// A mailbox that refuses everything until it is opened.
    init(_ settings: WriterSettings, refusal: String) {
        self.settings = settings
        monitor = Monitor(State(refusal: refusal))
    }

    // MARK: The submitting side

    /// Takes the batch, or answers it at once.
    func offer(_ batch: Batch, bytes: Int, completion: @escaping @Sendable (IngestOutcome) -> Void) {
        let refusal: IngestOutcome? = monitor.withLock { state in
            if let reason = refuses(bytes: bytes, state) { return reason }
            room.take(bytes)
            let pending = PendingBatch(batch) { [room] outcome in
                room.giveBack(bytes)
                completion(outcome)
            }
            state.waiting.append(pending)
            state.rows += batch.tableRowCount
            state.lastArrival = pending.arrival
            return nil
        }
        // Outside the lock: a completion is anyone's code.
        if let refusal { completion(refusal) }
    }

    private func refuses(bytes: Int, _ state: State) -> IngestOutcome? {
        if state.isClosed {
            return .unavailable(reason: "the collector is stopping", retryAfter: settings.retryAfter)
        }
        if let reason = state.refusal {
            return .unavailable(reason: reason, retryAfter: settings.retryAfter)
        }
        let isFull =
            state.waiting.count >= settings.maxBatches
            || (room.bytes > 0 && room.bytes + bytes > settings.maxBytes)
        return isFull ? .overloaded(retryAfter: settings.retryAfter) : nil
    }

    /// How many batches wait.
    var count: Int { monitor.withLock { $0.waiting.count } }

    // MARK: The writer's side

    /// Begins to take batches.
    func open() { monitor.withLock { $0.refusal = nil } }

    /// Answers what waits, and everything that comes until it is opened again, that it cannot be written.
    func refuse(_ reason: String) {
        let waiting = monitor.withLock { state in
            state.refusal = reason
            return state.takeWaiting()
        }
        for pending in waiting {
            pending.answer(.unavailable(reason: reason, retryAfter: settings.retryAfter))
        }
    }

    /// Waits for a group of batches that is worth a transaction; nil once closed and empty.
    func nextGroup() -> [PendingBatch]? {
        let group = monitor.wait { state -> (result: [PendingBatch]?, until: ContinuousClock.Instant?) in
            guard let first = state.waiting.first else { return (state.isClosed ? [] : nil, nil) }
            let due = min(first.arrival + settings.groupDelay, state.lastArrival + settings.groupQuiet)
            let isComplete =
                state.isClosed || state.rows >= settings.groupRows
                || state.waiting.count >= settings.groupBatches || due <= .now
            return isComplete ? (take(&state), nil) : (nil, due)
        }
        guard let group else { return nextGroup() }
        return group.isEmpty ? nil : group
    }

    /// As many of those waiting as make a group, in their order, at least one.
    private func take(_ state: inout State) -> [PendingBatch] {
        var rows = 0
        let count =
            state.waiting.prefix(settings.groupBatches).prefix { pending in
                defer { rows += pending.batch.tableRowCount }
                return rows < settings.groupRows
            }.count
        let group = Array(state.waiting.prefix(count))
        state.waiting.removeFirst(count)
        state.rows -= rowCount(of: group)
        return group
    }

    private func rowCount(of group: [PendingBatch]) -> Int { group.reduce(0) { $0 + $1.batch.tableRowCount } }

    /// Puts a batch with a gap back if what it waits for may be right behind it.
    ///
    /// - Returns: whether it was put back; its room stays taken.
    func regroup(_ pending: PendingBatch) -> Bool {
        monitor.withLock { state in
            let isFollowed = state.waiting.contains { other in
                other.batch.stream == pending.batch.stream
                    && other.batch.firstPosition < pending.batch.firstPosition
            }
            guard isFollowed, state.refusal == nil, pending.mayRegroup() else { return false }
            state.waiting.append(pending)
            state.rows += pending.batch.tableRowCount
            return true
        }
    }

    /// Puts batches of which a part is committed back, before all others; their room stays taken.
    func putBack(_ unfinished: [PendingBatch]) {
        guard !unfinished.isEmpty else { return }
        let refusal = monitor.withLock { state in
            if state.refusal == nil {
                state.waiting.insert(contentsOf: unfinished, at: 0)
                state.rows += rowCount(of: unfinished)
            }
            return state.refusal
        }
        guard let refusal else { return }
        for pending in unfinished {
            pending.answer(.unavailable(reason: refusal, retryAfter: settings.retryAfter))
        }
    }

    // MARK: The end

    /// Takes nothing more; what waits is still to be committed.
    func close() { monitor.withLock { $0.isClosed = true } }

    /// Waits until `deadline`, or until the mailbox is closed.
    ///
    /// - Returns: whether it is closed.
    func waitForClose(until deadline: ContinuousClock.Instant) -> Bool {
        monitor.wait { state in (state.isClosed ? true : nil, deadline) } ?? false
    }
}

extension Mailbox.State {
    fileprivate mutating func takeWaiting() -> [PendingBatch] {
        defer {
            waiting = []
            rows = 0
        }
        return waiting
    }
}
