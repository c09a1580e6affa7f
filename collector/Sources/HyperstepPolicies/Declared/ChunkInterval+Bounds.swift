extension HypertablePolicy.ChunkInterval {
    /// The shortest that may be declared.
    public static let shortest = PolicyDuration.minutes(1)
    /// The longest that may be declared.
    public static let longest = PolicyDuration.days(365)
    /// The shortest that `auto` chooses.
    public static let shortestAuto = PolicyDuration.minutes(5)
    /// The longest that `auto` chooses.
    public static let longestAuto = PolicyDuration.days(7)

    /// The longest that a chunk of this policy may be.
    public var upperBound: PolicyDuration {
        switch self {
        case .fixed(let duration): duration
        case .auto: Self.longestAuto
        }
    }
}
