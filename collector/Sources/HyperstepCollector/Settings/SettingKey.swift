import HyperstepPolicies
import HyperstepPostgres
import Logging

/// Every setting of the collector: its name, what it means, and where it can be given.
public enum SettingKey: String, CaseIterable, Sendable {
    case databaseURL = "database.url"
    case databaseSchema = "database.schema"
    case listen
    case writers
    case batchRows = "batch.rows"
    case batchMilliseconds = "batch.ms"
    case directCompress = "direct.compress"
    case runsMetricNames = "runs.metric.names"
    case servicesSeries = "services.series"
    case bodyBytes = "body.bytes"
    case inFlightBytes = "inflight.bytes"
    case shutdownSeconds = "shutdown.seconds"
    case policiesFile = "policies.file"
    case policiesDatabaseURL = "policies.database.url"
    case policiesReconcileSeconds = "policies.reconcile.seconds"
    case runsCrashedAfterSeconds = "runs.crashed.after.seconds"
    case logLevel = "log.level"

    /// Its name in the YAML file, dots being levels.
    public var name: String { rawValue }

    /// The command line's flag.
    public var flag: String { "--" + rawValue.split(separator: ".").joined(separator: "-") }

    /// The environment's variable.
    public var variable: String {
        "HYPERSTEP_" + rawValue.split(separator: ".").joined(separator: "_").uppercased()
    }

    /// The commands that have the flag, `serve` or `serve, replay`; "all" where each has.
    public var commands: String {
        switch self {
        case .databaseURL, .databaseSchema, .policiesFile, .logLevel: "all"
        case .directCompress, .runsMetricNames, .servicesSeries: "serve, replay"
        case .listen, .writers, .batchRows, .batchMilliseconds, .bodyBytes, .inFlightBytes, .shutdownSeconds,
            .policiesDatabaseURL, .policiesReconcileSeconds, .runsCrashedAfterSeconds:
            "serve"
        }
    }

    /// What holds without it, for a person.
    public var defaultText: String {
        let defaults = CollectorSettings.Defaults.self
        return switch self {
        case .databaseURL: "none: it must be given"
        case .databaseSchema: defaults.databaseSchema.name
        case .listen: defaults.listen
        case .writers: "the number of processor cores, at most \(defaults.mostWriters)"
        case .batchRows: String(defaults.batchRows)
        case .batchMilliseconds: String(defaults.batchMilliseconds)
        case .directCompress: defaults.directCompress.rawValue
        case .runsMetricNames: String(defaults.runsMetricNames)
        case .servicesSeries: String(defaults.servicesSeries)
        case .bodyBytes: String(defaults.bodyBytes)
        case .inFlightBytes: String(defaults.inFlightBytes)
        case .shutdownSeconds: String(defaults.shutdownSeconds)
        case .policiesFile: "none: what is standard holds"
        case .policiesDatabaseURL: "that of database.url"
        case .policiesReconcileSeconds: String(defaults.policiesReconcileSeconds)
        case .runsCrashedAfterSeconds: String(defaults.runsCrashedAfterSeconds)
        case .logLevel: defaults.logLevel.rawValue
        }
    }

    /// What it sets, with its unit and range, in one line.
    public var summary: String {
        switch self {
        case .databaseURL:
            "postgresql://user@host:port/database of a TimescaleDB. A secret: prefer the variable."
        case .databaseSchema:
            "The schema of that database that has Hyperstep's tables; migrate makes it. For a database in which other tables have their names."
        case .listen:
            "HOST:PORT to listen on; a loopback address until TLS and tokens exist. Port 0 takes a free one."
        case .writers:
            "Connections to the database that write, 1 to \(CollectorSettings.Defaults.mostWriters)."
        case .batchRows: "Rows after which a transaction is begun without waiting for more, 1 to 1000000."
        case .batchMilliseconds:
            "Longest wait for more rows before a transaction, in milliseconds, 0 to 10000."
        case .directCompress:
            "auto: rows are compressed on their way in where the database can and it pays; off: never."
        case .runsMetricNames:
            "Names of metrics that one run may log, 1 to 1000000: values by further names go to ingest_rejects."
        case .servicesSeries:
            "Series that one service may have, 1 to 1000000: windows of further ones go to ingest_rejects."
        case .bodyBytes: "Largest request body taken, in bytes, 1024 to 67108864."
        case .inFlightBytes:
            "Bytes of request bodies not yet answered, at least body.bytes for each writer, at most 1099511627776."
        case .shutdownSeconds: "Longest wait for commits after SIGTERM, in seconds, 0 to 3600."
        case .policiesFile: "A YAML file of policies; docs/policies.md describes it."
        case .policiesDatabaseURL:
            "The database with a login that keeps the policies, a member of the schema's owner. A secret: prefer the variable."
        case .policiesReconcileSeconds:
            "How often serve compares the database with the policies, in seconds, 1 to 86400."
        case .runsCrashedAfterSeconds:
            "Seconds without a sign of life after which a run is marked as crashed, 1 to 86400. Runs give one at least every 15 s."
        case .logLevel: "trace, debug, info, notice, warning, error or critical."
        }
    }

    /// Whether its value is never shown.
    var isSecret: Bool { self == .databaseURL || self == .policiesDatabaseURL }

    /// The known name that is most like `name`, for a person who mistyped one.
    static func nearest(to name: String) -> String {
        Spelling.nearest(to: name, in: allCases.map(\.name)) ?? ""
    }
}
