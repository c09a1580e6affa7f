/// How records reach a collector. Every setting has a default that needs no configuration.
///
/// What is given here holds over the environment, and the environment over the defaults:
///
/// | setting | environment | default |
/// | --- | --- | --- |
/// | ``endpoint`` | `HYPERSTEP_ENDPOINT` | `http://127.0.0.1:4319` |
/// | ``token`` | `HYPERSTEP_TOKEN` | none |
/// | ``mode`` | `HYPERSTEP_MODE`; `OTEL_SDK_DISABLED=true` is `disabled` | `online` |
/// | ``service`` | `OTEL_SERVICE_NAME`, else `service.name` in `OTEL_RESOURCE_ATTRIBUTES` | none |
/// | ``systemInterval`` | `HYPERSTEP_SYSTEM_INTERVAL`, seconds or `off` | 15 seconds |
/// | ``directory`` | `HYPERSTEP_DIR` | `$XDG_STATE_HOME/hyperstep`, else `~/.local/state/hyperstep`; on macOS `~/Library/Application Support/Hyperstep` |
///
/// A variable that is set but empty counts as not set. What else `OTEL_RESOURCE_ATTRIBUTES` has are parameters of each
/// run, unless it has its own of that name, and left out first where a run has too many; of a run of several processes
/// those of rank 0.
///
/// ```swift
/// var settings = Settings(endpoint: "http://127.0.0.1:4319")
/// settings.whenFull = .wait  // an import: rather slow than incomplete
/// let run = try Run.start(project: "digits", name: "mlp-32", model: "digits-mlp", settings: settings)
/// ```
public struct Settings: Sendable, Hashable {
    /// Whether records are sent, only kept, or not even recorded.
    public enum Mode: String, Sendable, Hashable, CaseIterable {
        /// Records are sent to the collector, and kept on disk while it is away.
        case online
        /// Records are kept on disk, for the next online run or for `hyperstep-collector replay`.
        case offline
        /// Nothing is recorded: every call returns at once, no file is made, no thread is started.
        case disabled
    }

    /// What a call does when recorder and spool are full.
    public enum WhenFull: Sendable, Hashable {
        /// The new record is dropped and counted. The call never waits.
        case drop
        /// The call waits until there is room, however long that takes: without a collector, once the spool is full, for
        /// ever. For imports and tests, where nothing may be missing.
        ///
        /// So wait ``Run/step(_:epoch:batch:loss:accuracy:precision:recall:f1Score:learningRate:gradientNorm:stepTimeMs:at:)``,
        /// ``Metric/record(_:step:at:)``, ``Run/update(parameters:)``, ``Run/add(tags:)`` and experiments, in asynchronous code
        /// too, where they keep a thread; ``Run/finish(_:timeout:)-(_,_)`` waits for the last rows of experiments, until its
        /// timeout. Monitors and metrics of swift-metrics never wait.
        case wait
    }

    /// Where a collector listens where nothing else is said.
    static let defaultEndpoint = "http://127.0.0.1:4319"

    /// Where the collector listens: `http://HOST:PORT`, port 4319 where none is given.
    public var endpoint: String?
    /// The secret that the collector knows this program by. It is sent over plain HTTP to this machine only, and
    /// no description shows it.
    public var token: String?
    /// Whether records are sent, only kept, or not even recorded.
    public var mode: Mode?
    /// The service that this program is, as OpenTelemetry's `service.name`, 1 to 256 bytes. For series of metrics.
    public var service: String?
    /// Where records wait until they are committed. Made where it does not exist; of this user alone. Programs
    /// that run at the same time may share it. In one that belongs to another user, or that everybody may write to, each
    /// user has a folder, `user-<uid>`.
    public var directory: String?

    /// Steps that the recorder holds, 64 to 1,048,576, rounded up to a power of two. Default: 65,536, which are
    /// 8 MiB of disk and page cache.
    public var ringCapacity = 65_536
    /// Values of named metrics (``Run/metric(_:unit:)``) that a run's recorder holds, 64 to 1,048,576, rounded up
    /// to a power of two. Default: 65,536, which are 4 MiB of disk and page cache: as many may come in one moment.
    public var scalarCapacity = 65_536
    /// Monitors (``InferenceMonitor``) that there may be with these settings, 1 to 256. Default: 32. For each 468 KiB of disk are
    /// reserved, of which up to 332 KiB are memory once it is used.
    public var monitorCapacity = 32
    /// Series that a `HyperstepMetricsFactory` has room for (a metric's name and kind with one choice of its
    /// dimensions), 1 to 8,192. Default: 1,024. For each 19 KiB of disk are reserved, of which 3 KiB are memory once
    /// it is used, and 3 KiB more for each power of two that a timer or recorder has numbers of.
    public var seriesCapacity = 1_024
    /// What a call does when recorder and spool are full. Default: ``WhenFull/drop``.
    public var whenFull = WhenFull.drop
    /// Bytes that may wait in the spool files of each recorder (a run's, that of the process's monitors, that of its
    /// metrics), 1 MiB or more. Default: 1 GiB.
    public var spoolLimit: UInt64 = 1 << 30
    /// How long a record waits at most before it is sent, 1 ms to 1 hour. Default: 100 ms.
    public var flushInterval = Duration.milliseconds(100)
    /// How often the counts of an ``InferenceMonitor``, or of a series of metrics, become a row, 100 ms to 1 hour. Default: 10 s.
    public var windowInterval = Duration.seconds(10)
    /// How often the machine underneath is sampled while a run or a monitor records: CPU, memory, disks, networks,
    /// this process and its GPUs, 100 ms to 1 hour; zero: never. Default: 15 s.
    public var systemInterval: Duration?

    /// Whether nothing but `HOME` is taken from the environment, be it a setting, a rank, a resource's attributes or
    /// a launcher's word. For the test kit: what a test records must not depend on where it runs.
    package var ignoresEnvironment = false

    /// Settings of which each that is nil comes from the environment, else is the default.
    public init(
        endpoint: String? = nil, token: String? = nil, mode: Mode? = nil, directory: String? = nil
    ) {
        self.endpoint = endpoint
        self.token = token
        self.mode = mode
        self.directory = directory
    }

    /// Checks every setting, those of this process's environment included, without starting anything.
    ///
    /// - Throws: ``StartError``, which names the first setting at fault, what was expected and what to do.
    public func validate() throws(StartError) {
        do throws(StartError) {
            _ = try resolved(environment: environment)
        } catch {
            throw error.validating
        }
    }
}

extension Settings: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The settings, the token replaced by "(hidden)" and the endpoint without user and password.
    public var description: String {
        "Settings(" + visible.map { "\($0.label): \($0.value)" }.joined(separator: ", ") + ")"
    }

    /// As ``description``.
    public var debugDescription: String { description }

    /// What `dump` shows: as ``description``.
    public var customMirror: Mirror {
        Mirror(self, children: visible.map { (label: $0.label, value: $0.value as Any) })
    }

    private var visible: [(label: String, value: String)] {
        [
            ("endpoint", endpoint?.withoutUserInfo ?? "nil"),
            ("token", token == nil ? "nil" : "(hidden)"),
            ("mode", mode?.rawValue ?? "nil"),
            ("service", service ?? "nil"),
            ("directory", directory ?? "nil"),
            ("ringCapacity", "\(ringCapacity)"),
            ("scalarCapacity", "\(scalarCapacity)"),
            ("monitorCapacity", "\(monitorCapacity)"),
            ("seriesCapacity", "\(seriesCapacity)"),
            ("whenFull", "\(whenFull)"),
            ("spoolLimit", "\(spoolLimit)"),
            ("flushInterval", "\(flushInterval)"),
            ("windowInterval", "\(windowInterval)"),
            ("systemInterval", systemInterval.map { "\($0)" } ?? "nil"),
        ]
    }
}
