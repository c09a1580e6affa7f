/// What happens to a record for which the ring has no room.
@frozen
public enum FullPolicy: Sendable, Equatable {
    /// It is dropped and counted: the training loop never waits. The default.
    case drop
    /// The caller sleeps until there is room (imports, tests). A sealed ring ends the waiting with a drop.
    case wait
}
