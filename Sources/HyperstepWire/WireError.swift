/// Bytes or values that are not what `proto/hyperstep/v1/ingest.proto` allows.
///
/// Both parts are made from the contract alone: they name a field and say what was expected, and hold
/// nothing of what a user recorded.
public struct WireError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The field at fault by its path in the contract, as `training_steps.loss.presence`; empty when the
    /// bytes are no message at all.
    public let field: String
    /// What was expected and what came.
    public let reason: String

    /// Creates an error that names a field of the contract.
    public init(field: String, reason: String) {
        self.field = field
        self.reason = reason
    }

    /// The field and the reason in one line.
    public var description: String { field.isEmpty ? reason : "\(field): \(reason)" }
}
