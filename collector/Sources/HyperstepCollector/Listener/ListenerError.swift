/// The collector could not listen.
public struct ListenerError: Error, Sendable, CustomStringConvertible {
    /// The address that was asked for.
    public let address: ListenAddress
    /// What the system said.
    public let reason: String

    /// What was attempted, why it failed, and what to do.
    public var description: String {
        "could not listen on \(address): \(reason); another address can be given with --listen HOST:PORT"
    }
}
