/// What the collector answers when it does not commit a batch.
public struct IngestError: Equatable, Sendable {
    /// The field at fault by its path, or the header or pseudo-header.
    public var field: String
    /// What was expected and what came, for a person.
    public var reason: String
    /// With status 409: the position that the collector expects next.
    public var nextPosition: UInt64

    /// Creates the body of an answer other than 200.
    public init(field: String, reason: String, nextPosition: UInt64 = 0) {
        self.field = field
        self.reason = reason
        self.nextPosition = nextPosition
    }
}
