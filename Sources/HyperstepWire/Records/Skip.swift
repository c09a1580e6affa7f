/// Moves a stream forward without records, so that one thing that cannot be delivered never holds up what
/// follows it.
public struct Skip: Equatable, Sendable {
    /// Why the positions hold nothing.
    public enum Reason: UInt32, Sendable {
        /// Made by a program newer than this one.
        case unspecified = 0
        /// A collector refused these positions for good; the producer keeps their bytes aside.
        case refused = 1
        /// A collector had committed these positions before; its database was replaced or restored.
        case alreadyReleased = 2
        /// The recorder's or spool's file was damaged there.
        case damaged = 3
    }

    /// Why the positions hold nothing.
    public var reason: Reason
    /// What happened, for a person.
    public var detail: String

    /// Creates a skip; `detail` is cut to what the contract allows.
    public init(reason: Reason, detail: String) {
        self.reason = reason
        self.detail = detail
    }
}
