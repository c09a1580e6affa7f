/// Where records go and how: what all the runs of a process that agree on it share one shipper for.
public struct ShipperConfiguration: Hashable, Sendable {
    /// The collector; nil keeps everything in the directory (offline).
    public var endpoint: Endpoint?
    /// Sent as `authorization: Bearer …`. Never printed.
    public var token: String?
    /// The state directory that recorders, spool files and what was set aside live in.
    public var directory: String
    /// How long a record waits at most before it is sent, when the collector answers. Default 100 ms.
    public var flushInterval: Duration
    /// Bytes of spool files that one recorder may take. Default 1 GiB.
    public var spoolLimit: UInt64
    /// Rows that one batch holds at most. Default 8,192.
    public var batchRows: Int
    /// Batches of one stream that wait for their answers at the same time. Default 4.
    public var batchesInFlight: Int

    /// How often a run says that it lives, while its collector answers. Default 15 s.
    public var heartbeatInterval: Duration

    /// How often the counts of monitored models become windows. Default 10 s.
    public var windowInterval: Duration

    /// The directory that users share and in which `directory` is this user's own; nil where nobody shares it.
    public var sharedRoot: String?

    /// Creates a configuration.
    public init(
        endpoint: Endpoint?, token: String? = nil, directory: String, sharedRoot: String? = nil,
        flushInterval: Duration = .milliseconds(100), spoolLimit: UInt64 = 1 << 30, batchRows: Int = 8_192,
        batchesInFlight: Int = 4, heartbeatInterval: Duration = .seconds(15),
        windowInterval: Duration = .seconds(10)
    ) {
        self.endpoint = endpoint
        self.token = token
        self.directory = directory
        self.sharedRoot = sharedRoot
        self.flushInterval = flushInterval
        self.spoolLimit = spoolLimit
        self.batchRows = min(max(batchRows, 1), 65_536)
        self.batchesInFlight = min(max(batchesInFlight, 1), 64)
        self.heartbeatInterval = heartbeatInterval
        self.windowInterval = windowInterval
    }
}

extension ShipperConfiguration: CustomStringConvertible, CustomReflectable {
    /// The configuration without the token.
    public var description: String {
        "\(endpoint.map { "\($0)" } ?? "offline"), \(directory), token \(token == nil ? "none" : "(hidden)")"
    }

    /// What `dump` shows: no token either.
    public var customMirror: Mirror { Mirror(self, children: ["configuration": description]) }
}
