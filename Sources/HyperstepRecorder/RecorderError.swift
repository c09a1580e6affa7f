/// A recorder or spool could not do what was asked: what, on which file, and what to do next.
///
/// Recording itself never throws; this is for making, adopting and removing files.
public struct RecorderError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What kind of failure it was.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The code's name.
        public let description: String
        /// A setting is out of its range; ``RecorderError/path`` names the setting.
        public static let invalidSetting = Code(description: "invalidSetting")
        /// The state directory cannot be made, read or written.
        public static let directory = Code(description: "directory")
        /// The disk, or a quota on it, has no room for the file.
        public static let noSpace = Code(description: "noSpace")
        /// Any other failure of the file system.
        public static let file = Code(description: "file")
        /// The file still holds records that nobody has taken.
        public static let notEmpty = Code(description: "notEmpty")
    }

    /// What kind of failure it was.
    public let code: Code
    /// The file or directory, or the name of the setting.
    public let path: String
    /// What was attempted and what came of it.
    public let reason: String
    /// What to do next.
    public let advice: String

    /// One sentence for a person.
    public var description: String { "\(path): \(reason); \(advice)" }
}

extension RecorderError {
    static func failed(_ attempt: String, _ path: String, _ failure: Libc.Failure) -> RecorderError {
        let reason = "could not \(attempt): \(failure.message)"
        if failure.isNoSpace {
            return RecorderError(
                code: .noSpace, path: path, reason: reason,
                advice: "free some space, or choose a state directory on another disk")
        }
        if failure.isDirectoryAtFault {
            return RecorderError(
                code: .directory, path: path, reason: reason,
                advice: "choose a state directory that this user can write")
        }
        return RecorderError(
            code: .file, path: path, reason: reason,
            advice: "check the file system that holds the state directory")
    }
}
