#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// What was found wrong with a file, said so that a person can act on it.
///
/// A report never stops anyone: what is readable in the file is still offered, and a file in which nothing is
/// readable is moved into the folder `set-aside`, where it can be looked at and deleted.
public struct RecorderReport: Sendable, Equatable, CustomStringConvertible {
    /// What became of the file.
    public enum Outcome: Sendable, Equatable {
        /// What is readable is offered; the rest is lost.
        case partlyReadable
        /// Nothing could be used; the file is now at this path.
        case setAside(String)
        /// It was left where it is, untouched.
        case leftAlone
    }

    /// The file.
    public let path: String
    /// The recorder it belongs to, where its name or header says.
    public let recorder: UUID?
    /// What a whole file has there.
    public let expected: String
    /// What was there.
    public let found: String
    /// What became of the file.
    public let outcome: Outcome

    /// One sentence for a person.
    public var description: String {
        let end =
            switch outcome {
            case .partlyReadable: "what is readable in it is used"
            case .setAside(let place): "it was moved to \(place), where it can be looked at and deleted"
            case .leftAlone: "it was left as it is"
            }
        return "\(path): expected \(expected), found \(found); \(end)"
    }
}
