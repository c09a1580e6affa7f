#if canImport(FoundationEssentials)
    public import struct FoundationEssentials.UUID
#else
    public import struct Foundation.UUID
#endif

/// Something that happens to a run, rarely.
public struct RunEvent: Equatable, Sendable {
    /// When it happened: nanoseconds since 1970, 0 or later.
    public var time: Int64
    /// The run.
    public var runID: UUID
    /// Which life of the run's process, from 0.
    public var attempt: Int16
    /// Which of the run's processes, from 0.
    public var rank: Int16
    /// What happened.
    public var event: Event

    /// What can happen to a run.
    public enum Event: Equatable, Sendable {
        /// Its process began.
        case started(RunStarted)
        /// Its process ended.
        case finished(RunStatus, reason: String)
        /// Parameters (a JSON object, merged key by key) and tags were added.
        case changed(parametersJSON: String, tags: [String])
        /// Its process lives.
        case heartbeat
    }

    /// Creates an event of one process of one run.
    public init(time: Int64, runID: UUID, attempt: Int16 = 0, rank: Int16 = 0, event: Event) {
        self.time = time
        self.runID = runID
        self.attempt = attempt
        self.rank = rank
        self.event = event
    }
}

/// How a run ended.
public enum RunStatus: UInt32, Sendable {
    /// Said by a program newer than this one.
    case unspecified = 0
    /// As it was meant to.
    case finished = 1
    /// By an error of its own.
    case failed = 2
    /// By a signal or a person.
    case killed = 3
}

/// What a run says of itself when it starts.
public struct RunStarted: Equatable, Sendable {
    /// What the run belongs to: 1 to 256 bytes.
    public var project: String
    /// What people call the run: 1 to 256 bytes.
    public var name: String
    /// The model that is trained.
    public var model: Model
    /// A JSON object: hyperparameters. Empty: none.
    public var parametersJSON: String
    /// Labels, at most 64.
    public var tags: [String]
    /// The machine's name. Empty: not known.
    public var host: String
    /// The process on that machine.
    public var processID: UInt64
    /// Which SDK recorded it, as `hyperstep-swift/0.1.0`.
    public var sdk: String
    /// Of a resumed attempt: steps from this one on replace those of earlier attempts. Nil: not known.
    public var fromStep: Int64?

    /// Creates the description of a run that starts.
    public init(
        project: String, name: String, model: Model, parametersJSON: String = "", tags: [String] = [],
        host: String = "", processID: UInt64 = 0, sdk: String = "", fromStep: Int64? = nil
    ) {
        self.project = project
        self.name = name
        self.model = model
        self.parametersJSON = parametersJSON
        self.tags = tags
        self.host = host
        self.processID = processID
        self.sdk = sdk
        self.fromStep = fromStep
    }
}

/// A model that is trained or served.
public struct Model: Equatable, Sendable {
    /// Names the model for good.
    public var id: UUID
    /// 1 to 256 bytes.
    public var name: String
    /// Empty: unversioned.
    public var version: String

    /// Creates a model's description.
    public init(id: UUID, name: String, version: String = "") {
        self.id = id
        self.name = name
        self.version = version
    }
}
