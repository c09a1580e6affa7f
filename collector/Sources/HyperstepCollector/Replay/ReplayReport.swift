/// What a replay found in a state directory and what became of it.
public struct ReplayReport: Sendable, Equatable {
    /// Recorders whose records are all in the database now; their files are gone.
    public var recorders = 0
    /// Positions committed, those included that the database had already.
    public var positions: UInt64 = 0
    /// Positions that the database refused; their bytes are in the table `ingest_rejects`.
    public var rejected: UInt64 = 0
    /// Recorders of programs that still run: they ship their records themselves.
    public var live = 0
    /// Files that were found damaged, and what became of them; what could be read in them is committed.
    public var damaged: [String] = []
    /// Files and folders that could not be opened, and why: nothing of them is sent, and nothing is known to be wrong with
    /// them.
    public var leftAlone: [String] = []

    /// Nothing found yet.
    public init() {}
}

/// A replay that could not go on. What it had committed stays committed, and the rest stays in its files.
public struct ReplayError: Error, CustomStringConvertible, Equatable {
    /// What was attempted, what came of it and what to do.
    public let description: String
}
