/// Whose files in a state directory are looked into.
public enum FileOwners: Sendable {
    /// Those of the user that this program runs as: what a start adopts.
    case thisUser
    /// Everybody's, as far as they can be opened: what an operator who asks for it replays.
    case everybody

    func include(_ owner: UInt32) -> Bool { self == .everybody || owner == Libc.user }
}
