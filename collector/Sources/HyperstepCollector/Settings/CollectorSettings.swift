public import HyperstepPolicies
public import HyperstepPostgres
import HyperstepWire
public import Logging

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// All that can be set of a collector; `docs/collector-settings.md` has the same as a table.
public struct CollectorSettings: Sendable, Equatable {
    /// The database, and the schema in it. A secret; its description shows host, port and name only.
    public var databaseURL: PostgresURL
    /// Where to listen: loopback only, until TLS and tokens exist.
    public var listen = ListenAddress.standard
    /// Connections that write.
    public var writers = Defaults.writers
    /// Rows after which a transaction is begun without waiting for more.
    public var batchRows = Defaults.batchRows
    /// Longest wait for more rows, in milliseconds.
    public var batchMilliseconds = Defaults.batchMilliseconds
    /// Whether rows are compressed on their way into the database.
    public var directCompress = Defaults.directCompress
    /// Names of metrics that one run may log at most.
    public var runsMetricNames = Defaults.runsMetricNames
    /// Series that one service may have at most.
    public var servicesSeries = Defaults.servicesSeries
    /// Largest request body, in bytes.
    public var bodyBytes = Defaults.bodyBytes
    /// Bytes of request bodies not yet answered.
    public var inFlightBytes = Defaults.inFlightBytes
    /// Longest wait for commits after SIGTERM, in seconds.
    public var shutdownSeconds = Defaults.shutdownSeconds
    /// The file that policies are declared in; nil for those that are standard.
    public var policiesFile: String?
    /// The database with the login that keeps the policies, nil for that of ``databaseURL``. A secret as well.
    public var policiesDatabaseURL: PostgresURL?
    /// How often the database is compared with the policies, in seconds.
    public var policiesReconcileSeconds = Defaults.policiesReconcileSeconds
    /// How long a run may give no sign of life before it is marked as crashed, in seconds.
    public var runsCrashedAfterSeconds = Defaults.runsCrashedAfterSeconds
    /// What is logged.
    public var logLevel = Defaults.logLevel

    enum Defaults {
        static let databaseSchema = PostgresSchema.standard
        static let listen = "127.0.0.1:4319"
        static let mostWriters = 64
        static var writers: Int { min(mostWriters, max(1, ProcessInfo.processInfo.activeProcessorCount)) }
        static let batchRows = 50_000
        static let batchMilliseconds = 20
        static let directCompress = DirectCompress.auto
        static let runsMetricNames = 10_000
        static let servicesSeries = 10_000
        static let bodyBytes = WireLimits.maxBodyBytes
        /// The least that the most writers with the largest bodies need.
        static let inFlightBytes = 512 << 20
        static let shutdownSeconds = 25
        static let policiesReconcileSeconds = 60
        static let runsCrashedAfterSeconds = 120
        static let logLevel = Logger.Level.info
    }

    /// The defaults, with a database.
    public init(databaseURL: PostgresURL) { self.databaseURL = databaseURL }

    /// Refuses values outside their ranges.
    ///
    /// - Throws: ``SettingsError`` that names the first such setting.
    public func validate() throws(SettingsError) {
        try check(.writers, writers, 1...Defaults.mostWriters)
        try check(.batchRows, batchRows, 1...1_000_000)
        try check(.batchMilliseconds, batchMilliseconds, 0...10_000)
        try check(.runsMetricNames, runsMetricNames, 1...1_000_000)
        try check(.servicesSeries, servicesSeries, 1...1_000_000)
        try check(.bodyBytes, bodyBytes, 1_024...64 * 1024 * 1024)
        try check(.inFlightBytes, inFlightBytes, bodyBytes * writers...1 << 40)
        try check(.shutdownSeconds, shutdownSeconds, 0...3_600)
        try check(.policiesReconcileSeconds, policiesReconcileSeconds, 1...86_400)
        try check(.runsCrashedAfterSeconds, runsCrashedAfterSeconds, 1...86_400)
    }

    private func check(_ key: SettingKey, _ value: Int, _ range: ClosedRange<Int>) throws(SettingsError) {
        guard range.contains(value) else {
            throw SettingsError(key, "expected \(range.lowerBound) to \(range.upperBound), got \(value)")
        }
    }

    /// The policies that are declared: what the policy file says, read anew each time.
    ///
    /// - Throws: `PolicyErrors` with all that is wrong with the file.
    public func policies() throws(PolicyErrors) -> PolicySet {
        guard let policiesFile else { return .standard }
        return try PolicyFile.read(policiesFile)
    }

    /// How the ingest is set up by these.
    public var ingestOptions: Ingest.Options {
        var options = Ingest.Options()
        options.writers = writers
        options.batchRows = batchRows
        options.batchDelay = .milliseconds(batchMilliseconds)
        options.directCompress = directCompress
        options.metricNamesPerRun = runsMetricNames
        options.seriesPerService = servicesSeries
        options.bytesInFlight = inFlightBytes
        options.lifeSignInterval = min(.seconds(15), .seconds(runsCrashedAfterSeconds) / 4)
        return options
    }
}
