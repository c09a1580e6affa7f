/// One thing that `doctor` found.
public struct Finding: Sendable, Equatable {
    /// How bad it is.
    public enum Level: String, Sendable, Comparable, CaseIterable {
        /// As it should be.
        case ok
        /// Worth knowing.
        case note
        /// Something to put right.
        case warning
        /// Something does not work, or records are at risk.
        case error

        /// The worse one last.
        public static func < (left: Self, right: Self) -> Bool {
            allCases.firstIndex(of: left)! < allCases.firstIndex(of: right)!
        }
    }

    /// How bad it is.
    public var level: Level
    /// Which check found it, as `background-workers`: the same from release to release.
    public var check: String
    /// What was found.
    public var what: String
    /// What to do; nil where there is nothing to do.
    public var remedy: String?

    /// A finding.
    public init(_ level: Level, _ check: String, _ what: String, remedy: String? = nil) {
        self.level = level
        self.check = check
        self.what = what
        self.remedy = remedy
    }
}
