public import HyperstepRecorder
import HyperstepWire

extension Recorder {
    /// The recorder's streams: one for each ring that its file has, the run's events first.
    ///
    /// An adopted recorder's windows are complete only once they are taken: call ``takeWindows(at:)`` before
    /// reading them and again after each release, until it is complete.
    ///
    /// - Throws: `RecorderError` when spool files cannot be opened; `WireError` when the identity that its
    ///   program wrote cannot be read, so that nobody knows whose records these are.
    public func streams(spoolLimit: UInt64) throws -> [StreamReader] {
        let identity = try self.identity.withUnsafeBytes { try RecorderIdentity(decoding: $0) }
        let sources = try sources(identity)
        guard !isInMemory else {
            return try sources.map {
                try StreamReader(ring: $0, spool: Spool(without: id, stream: $0.stream))
            }
        }
        let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        let directory = try RecorderDirectory(path: folder)
        let budget = SpoolBudget(limit: Int(clamping: spoolLimit))
        return try sources.map { source in
            try StreamReader(
                ring: source,
                spool: Spool(directory: directory, recorder: id, stream: source.stream, budget: budget))
        }
    }

    private func sources(_ identity: RecorderIdentity) throws(WireError) -> [any RingSource] {
        let instanceID = identity.instanceID ?? id
        var sources: [any RingSource] = []
        if events.isPresent { sources.append(EventSource(ring: events)) }
        if steps.isPresent {
            sources.append(
                StepSource(
                    ring: steps, modelID: try Self.known(identity.modelID, "model_id"),
                    runID: try Self.known(identity.runID, "run_id"), attempt: identity.attempt,
                    rank: identity.rank))
        }
        if scalars.isPresent {
            sources.append(
                ScalarSource(
                    ring: scalars, names: names, runID: try Self.known(identity.runID, "run_id"),
                    attempt: identity.attempt, rank: identity.rank))
        }
        if experiments.isPresent { sources.append(ExperimentSource(ring: experiments)) }
        if samples.isPresent {
            sources.append(SampleSource(ring: samples, instanceID: instanceID, runID: identity.runID))
        }
        if windows.isPresent { sources.append(WindowSource(ring: windows, instanceID: instanceID)) }
        if seriesWindows.isPresent {
            sources.append(
                SeriesSource(
                    ring: seriesWindows, instruments: instruments, instanceID: instanceID,
                    runID: identity.runID, service: identity.service))
        }
        return sources
    }

    private static func known<Value>(_ value: Value?, _ field: String) throws(WireError) -> Value {
        guard let value else {
            throw WireError(field: field, reason: "expected one, since the recorder has a run's records")
        }
        return value
    }
}
