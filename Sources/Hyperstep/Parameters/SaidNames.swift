/// The names that a warning has named: a program that gives a value that cannot be kept gives it after every epoch.
struct SaidNames {
    /// Names after these are not said any more: whoever makes a name of a value has heard it often enough.
    static let most = 16

    private var names: Set<String> = []

    /// Whether the name is to be said, which it is once. What reads the same in the log is the same.
    mutating func isNews(_ name: String) -> Bool {
        names.count < Self.most && names.insert(name.shortened).inserted
    }
}
