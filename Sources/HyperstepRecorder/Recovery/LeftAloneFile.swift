/// A file or folder that was left as it is, because nobody looked into it: it could not be opened, or it belongs to
/// another user. Nothing is known to be wrong with it.
public struct LeftAloneFile: Sendable, Hashable, CustomStringConvertible {
    /// The file or folder.
    public let path: String
    /// Why it was left alone, and what to do where something can be done.
    public let reason: String
    /// Whether it belongs to another user than the one that this program runs as.
    public let isOfAnotherUser: Bool

    /// One sentence for a person.
    public var description: String { "\(path): \(reason)" }
}

extension LeftAloneFile {
    /// A file that could not be taken over for what the error says.
    public init(_ error: RecorderError) {
        self.init(path: error.path, reason: "\(error.reason); \(error.advice)", isOfAnotherUser: false)
    }

    static func ofAnotherUser(_ path: String, owner: UInt32) -> LeftAloneFile {
        LeftAloneFile(
            path: path,
            reason:
                "belongs to user \(owner), who sends it; hyperstep-collector replay sends it too, run by root",
            isOfAnotherUser: true)
    }

    static func failed(_ attempt: String, _ path: String, _ failure: Libc.Failure, owner: UInt32?)
        -> LeftAloneFile
    {
        let isOfAnother = owner.map { $0 != Libc.user } ?? false
        let whose = isOfAnother ? " (it belongs to user \(owner ?? 0))" : ""
        return LeftAloneFile(
            path: path,
            reason: "could not be \(attempt): \(failure.message)\(whose); it is tried again later",
            isOfAnotherUser: isOfAnother)
    }
}
