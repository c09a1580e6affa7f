import HyperstepRecorder
import HyperstepShipper
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

/// A change of parameters or tags is an event at once where the ring has room. Where it has none the change waits in
/// `RunContents`, one value for each name, until the shipper's thread has made room or the run ends: so nothing is lost,
/// however many changes there are, but for those that wait at the moment in which the process is killed.
extension Recording {
    /// Fuller than this, and the ring of events takes the run's end alone, with the changes that wait until then. Those
    /// are at most 13 events: 64 KiB of parameters and 16 KiB of tags, and any two of them in order are more than 13 KiB.
    private static let fullForChanges = 0.75

    /// Records the run's first event with as many parameters as it holds, and the others after it.
    func start(
        _ run: RunDescription, parameters: [String: ParameterValue],
        surroundings: [String: ParameterValue] = [:], tags: [String], logger: Logger
    ) {
        let warnings = events.withLockedValue { contents in
            let change = RunChange(
                parameters: parameters, surroundings: surroundings, tags: tags, contents: &contents)
            let time = clock.read().time
            contents.start = (run, time)
            let piece = contents.nextPiece
            if record(run.started(parametersJSON: piece.parametersJSON, tags: piece.tags), at: time) {
                contents.recorded(piece)
            }
            recordChanges(&contents, below: Self.fullForChanges)
            return change.warnings
        }
        for (message, metadata) in warnings { logger.warning(message, metadata: metadata) }
    }

    /// Adds parameters and tags to a run that has started.
    func change(parameters: [String: ParameterValue], tags: [String], logger: Logger) {
        let (warnings, mustWake) = events.withLockedValue { contents in
            guard !finished.load(ordering: .relaxed) else {
                return (refuseLate(parameters.count + tags.count, &contents), false)
            }
            let wasWaiting = contents.isWaiting
            let change = RunChange(parameters: parameters, tags: tags, contents: &contents)
            recordChanges(&contents, below: Self.fullForChanges)
            return (change.warnings, contents.isWaiting && !wasWaiting)
        }
        if mustWake { wakeShipper() }
        for (message, metadata) in warnings { logger.warning(message, metadata: metadata) }
    }

    /// Counts what came after the run's end. Returns the warning, the first time.
    private func refuseLate(
        _ count: Int, _ contents: inout RunContents
    ) -> [(message: Logger.Message, metadata: Logger.Metadata)] {
        contents.leftOut += UInt64(count)
        guard !contents.hasLoggedLate else { return [] }
        contents.hasLoggedLate = true
        return [
            (
                "parameters or tags of a run are not recorded, as it has finished; later ones are not either",
                ["run": "\(runID)"]
            )
        ]
    }

    /// Records the changes that wait, as far as the ring stays below `fill`.
    private func recordChanges(_ contents: inout RunContents, below fill: Double) {
        while contents.isWaiting, recorder.events.level.fill < fill {
            let piece = contents.nextPiece
            guard record(.changed(parametersJSON: piece.parametersJSON, tags: piece.tags)) else { return }
            // Only now: what the ring refused is to be tried again.
            contents.recorded(piece)
        }
    }

    /// Ends the run with its experiments, the first time, and seals the recorder; the last quarter of the ring is kept
    /// for it. Returns whether there was room for the end; nil where the run had ended before.
    ///
    /// Rows of experiments are waited for until `deadline`. Not under the lock: the thread that makes room takes it.
    func end(_ outcome: Run.Outcome, until deadline: ContinuousClock.Instant, _ logger: Logger) -> Bool? {
        guard !finished.exchange(true, ordering: .relaxed) else {
            // Of two callers the later one reports as well, and what it reports is to be whole.
            while !recorder.isSealed, ContinuousClock.now < deadline { usleep(1_000) }
            return nil
        }
        endExperiments(outcome == .finished ? .finished : .failed, until: deadline, logger)
        return events.withLockedValue { contents in
            // All but the last slot, which is for the end.
            recordChanges(&contents, below: 1 - 1.5 / Double(Self.eventCapacity))
            contents.leftOut += UInt64(contents.waiting)
            let isRecorded = record(outcome.event)
            recorder.seal()
            return isRecorded
        }
    }

    /// Counts parameters and metrics of an experiment that were left out.
    func noteLeftOut(_ count: Int) {
        guard count > 0 else { return }
        events.withLockedValue { $0.leftOut += UInt64(count) }
    }

    /// How many parameters and tags, and values of experiments, were left out so far.
    var leftOut: UInt64 { events.withLockedValue(\.leftOut) }

    /// Puts an event into the recorder; false where there was no room for it.
    private func record(_ event: RunEvent.Event, at time: Int64? = nil) -> Bool {
        recorder.events.record(runEvent(event, at: time).encoded()) == .recorded
    }

    private func runEvent(_ event: RunEvent.Event, at time: Int64? = nil) -> RunEvent {
        RunEvent(
            time: time ?? clock.read().time, runID: runID, attempt: life.attempt, rank: life.rank,
            event: event)
    }
}

// Called by the thread that empties the rings, which must never wait for room in one.
extension Recording: ShippedRun {
    func recordHeartbeat() {
        // Nobody else records an event meanwhile, and half of the ring is free.
        events.withLockedValue { _ in
            guard !finished.load(ordering: .relaxed), recorder.events.level.fill < 0.5 else { return }
            _ = record(.heartbeat)
        }
    }

    func recordWaiting() -> Bool {
        let isWaiting = events.withLockedValue { contents in
            guard !recorder.isSealing else { return false }
            recordChanges(&contents, below: Self.fullForChanges)
            return contents.isWaiting
        }
        return recordWaitingExperiments() > 0 || isWaiting
    }

    /// Two events where there is room for them: the start with its own time, which is the run's, and all parameters and
    /// tags with the time of now, since they are newer than whatever an older backup has of them. Where the start alone
    /// was lost, later changes come again by themselves; where one later event was, the start is still there.
    func announcement(inPlaceOf positions: Range<UInt64>) -> [RunEvent] {
        events.withLockedValue { contents in
            guard let (run, time) = contents.start else { return [] }
            let (json, tags) = (contents.all.parametersJSON, contents.all.tags)
            let change = runEvent(.changed(parametersJSON: json, tags: tags))
            if positions.count >= 2 {
                return [runEvent(run.started(parametersJSON: "", tags: []), at: time), change]
            }
            guard positions.lowerBound == 0 else { return [change] }
            return [runEvent(run.started(parametersJSON: json, tags: tags), at: time)]
        }
    }
}
