import HyperstepRecorder
import HyperstepWire
import Logging
import NIOConcurrencyHelpers
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

extension Recording {
    /// Fuller than this, and the ring of events takes the run's end alone.
    private static let fullForChanges = 0.875

    /// The run's first event with as many parameters as it holds, and the others after it.
    func start(
        _ run: RunDescription, parameters: [String: ParameterValue],
        surroundings: [String: ParameterValue] = [:], tags: [String], logger: Logger
    ) {
        add(parameters: parameters, surroundings: surroundings, tags: tags, logger: logger) { index, piece in
            index == 0
                ? run.started(parametersJSON: piece.parametersJSON, tags: piece.tags)
                : .changed(parametersJSON: piece.parametersJSON, tags: piece.tags)
        }
    }

    /// Adds parameters and tags to a run that has started.
    func change(parameters: [String: ParameterValue], tags: [String], logger: Logger) {
        add(parameters: parameters, tags: tags, logger: logger) { _, piece in
            piece == RunEvents.Piece()
                ? nil : .changed(parametersJSON: piece.parametersJSON, tags: piece.tags)
        }
    }

    private func add(
        parameters: [String: ParameterValue], surroundings: [String: ParameterValue] = [:], tags: [String],
        logger: Logger, _ event: (Int, RunEvents.Piece) -> RunEvent.Event?
    ) {
        let made = events.withLockedValue { contents in
            RunEvents(
                parameters: parameters, surroundings: surroundings, tags: tags, contents: &contents)
        }
        for (message, metadata) in made.warnings { logger.warning(message, metadata: metadata) }
        for (index, piece) in made.pieces.enumerated() {
            if let event = event(index, piece), let complaint = add(event) {
                logger.warning(
                    "parameters or tags of a run are not recorded: \(complaint)",
                    metadata: ["run": "\(runID)"])
            }
        }
    }

    /// Records an event that leaves room for the run's end. Returns why it could not, if so.
    private func add(_ event: RunEvent.Event) -> String? {
        while true {
            let place = events.withLockedValue { _ -> Place in
                if finished.load(ordering: .relaxed) { return .ended }
                guard recorder.events.level.fill < Self.fullForChanges else { return .full }
                return record(event) ? .recorded : .full
            }
            switch place {
            case .recorded: return nil
            case .ended: return "it has finished"
            case .full: guard waits else { return "there is no room for them now" }
            }
            // Not under the lock: the end of the run waits for nobody.
            usleep(1_000)
        }
    }

    private enum Place {
        case recorded, ended, full
    }

    /// Ends the run with its experiments, the first time, and seals the recorder; the last eighth of the ring is kept
    /// for it. Returns whether there was room for the end; nil where the run had ended before.
    ///
    /// Experiments wait for room where the program waits, until `deadline`. Not under the lock: the thread that makes
    /// room takes it.
    func end(_ outcome: Run.Outcome, until deadline: ContinuousClock.Instant, _ logger: Logger) -> Bool? {
        guard !finished.exchange(true, ordering: .relaxed) else {
            // Of two callers the later one reports as well, and what it reports is to be whole.
            while !recorder.isSealed, ContinuousClock.now < deadline { usleep(1_000) }
            return nil
        }
        endExperiments(outcome == .finished ? .finished : .failed, until: deadline, logger)
        return events.withLockedValue { _ in
            let isRecorded = record(outcome.event)
            recorder.seal()
            return isRecorded
        }
    }

    /// Records that the process lives. Called by the thread that empties the rings, which must never wait for room
    /// in one: nobody else records an event meanwhile, and half of the ring is free.
    func recordHeartbeat() {
        events.withLockedValue { _ in
            guard !finished.load(ordering: .relaxed), recorder.events.level.fill < 0.5 else { return }
            _ = record(.heartbeat)
        }
    }

    /// Puts an event into the recorder; false where there was no room for it.
    private func record(_ event: RunEvent.Event) -> Bool {
        let event = RunEvent(
            time: clock.read().time, runID: runID, attempt: life.attempt, rank: life.rank, event: event)
        return recorder.events.record(event.encoded()) == .recorded
    }
}
