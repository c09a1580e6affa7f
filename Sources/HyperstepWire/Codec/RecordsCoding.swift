import CHyperstepProto

private typealias CSkip = Hyperstep__V1__Skip
private typealias CRunEvents = Hyperstep__V1__RunEvents
private typealias CExperimentEvents = Hyperstep__V1__ExperimentEvents

extension Batch.Records {
    /// Writes the records into the batch's one field for them.
    func write(
        to message: UnsafeMutablePointer<Hyperstep__V1__Batch>, _ writer: MessageWriter
    ) throws(WireError) {
        switch self {
        case .skip(let skip):
            let cSkip: UnsafeMutablePointer<CSkip> = writer.make { hyperstep__v1__skip__init($0) }
            cSkip.pointee.reason = Hyperstep__V1__Skip__Reason(rawValue: skip.reason.rawValue)
            cSkip.pointee.detail = writer.string(skip.detail.truncated(toBytes: WireLimits.maxDetailBytes))
            message.pointee.records_case = HYPERSTEP__V1__BATCH__RECORDS_SKIP
            message.pointee.skip = cSkip
        case .trainingSteps(let steps):
            message.pointee.records_case = HYPERSTEP__V1__BATCH__RECORDS_TRAINING_STEPS
            message.pointee.training_steps = try steps.message(writer)
        case .runEvents(let events):
            let cEvents: UnsafeMutablePointer<CRunEvents> = writer.make {
                hyperstep__v1__run_events__init($0)
            }
            cEvents.pointee.n_events = events.count
            cEvents.pointee.events = writer.copy(events.map { Optional($0.message(writer)) })
            message.pointee.records_case = HYPERSTEP__V1__BATCH__RECORDS_RUN_EVENTS
            message.pointee.run_events = cEvents
        case .scalars(let scalars):
            message.pointee.records_case = HYPERSTEP__V1__BATCH__RECORDS_SCALARS
            message.pointee.scalars = scalars.message(writer)
        case .inferenceWindows(let windows):
            message.pointee.records_case = HYPERSTEP__V1__BATCH__RECORDS_INFERENCE_WINDOWS
            message.pointee.inference_windows = windows.message(writer)
        case .systemSamples(let samples):
            message.pointee.records_case = HYPERSTEP__V1__BATCH__RECORDS_SYSTEM_SAMPLES
            message.pointee.system_samples = samples.message(writer)
        case .experimentEvents(let events):
            let cEvents: UnsafeMutablePointer<CExperimentEvents> = writer.make {
                hyperstep__v1__experiment_events__init($0)
            }
            cEvents.pointee.n_events = events.count
            cEvents.pointee.events = writer.copy(events.map { Optional($0.message(writer)) })
            message.pointee.records_case = HYPERSTEP__V1__BATCH__RECORDS_EXPERIMENT_EVENTS
            message.pointee.experiment_events = cEvents
        case .seriesWindows(let windows):
            message.pointee.records_case = HYPERSTEP__V1__BATCH__RECORDS_SERIES_WINDOWS
            message.pointee.series_windows = windows.message(writer)
        }
    }

    /// Reads whichever records the batch holds.
    init(_ message: borrowing Hyperstep__V1__Batch) throws(WireError) {
        switch message.records_case {
        case HYPERSTEP__V1__BATCH__RECORDS_TRAINING_STEPS:
            self = .trainingSteps(try TrainingSteps(try Self.present(message.training_steps).pointee))
        case HYPERSTEP__V1__BATCH__RECORDS_RUN_EVENTS:
            let events = try Self.present(message.run_events).pointee
            self = .runEvents(
                try MessageReader.messages(
                    events.events, events.n_events, "run_events.events", atMost: WireLimits.maxEvents
                ) { event, field throws(WireError) in try RunEvent(event, field) })
        case HYPERSTEP__V1__BATCH__RECORDS_SKIP:
            self = .skip(try Skip(try Self.present(message.skip).pointee))
        case HYPERSTEP__V1__BATCH__RECORDS_SCALARS:
            self = .scalars(try Scalars(try Self.present(message.scalars).pointee))
        case HYPERSTEP__V1__BATCH__RECORDS_INFERENCE_WINDOWS:
            self = .inferenceWindows(
                try InferenceWindows(try Self.present(message.inference_windows).pointee))
        case HYPERSTEP__V1__BATCH__RECORDS_SYSTEM_SAMPLES:
            self = .systemSamples(try SystemSamples(try Self.present(message.system_samples).pointee))
        case HYPERSTEP__V1__BATCH__RECORDS_EXPERIMENT_EVENTS:
            let events = try Self.present(message.experiment_events).pointee
            self = .experimentEvents(
                try MessageReader.messages(
                    events.events, events.n_events, "experiment_events.events", atMost: WireLimits.maxEvents
                ) { event, field throws(WireError) in try ExperimentEvent(event, field) })
        case HYPERSTEP__V1__BATCH__RECORDS_SERIES_WINDOWS:
            self = .seriesWindows(try SeriesWindows(try Self.present(message.series_windows).pointee))
        default: throw Self.absent
        }
    }

    private static func present<Message>(
        _ message: UnsafeMutablePointer<Message>?
    ) throws(WireError) -> UnsafeMutablePointer<Message> {
        guard let message else { throw absent }
        return message
    }

    private static var absent: WireError {
        WireError(field: "records", reason: "expected one of the kinds that this version knows, got none")
    }
}

extension Skip {
    fileprivate init(_ message: borrowing Hyperstep__V1__Skip) throws(WireError) {
        self.init(
            reason: Reason(rawValue: UInt32(message.reason.rawValue)) ?? .unspecified,
            detail: try MessageReader.text(
                message.detail, "skip.detail", length: 0...WireLimits.maxDetailBytes))
    }
}
