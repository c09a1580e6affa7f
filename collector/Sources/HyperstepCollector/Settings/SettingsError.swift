/// A setting that cannot be used: which one, and what is expected. It never holds a secret's value.
public struct SettingsError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The setting's name, or the file it stands in.
    public let name: String
    /// What is expected and what came.
    public let reason: String

    /// An error of one setting.
    public init(_ key: SettingKey, _ reason: String) {
        name = key.name
        self.reason = "\(reason) (set by \(key.flag), \(key.variable) or \(key.name) in the file of --config)"
    }

    /// An error of a file.
    init(file: String, _ reason: String) {
        name = file
        self.reason = reason
    }

    /// One line.
    public var description: String { "\(name): \(reason)" }
}
