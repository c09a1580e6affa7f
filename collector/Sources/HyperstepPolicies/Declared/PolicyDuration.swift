/// A length of time as policies have it: whole seconds, days of 24 hours, no months.
///
/// Written as `<number> <unit>`, the unit being `second`, `minute`, `hour`, `day` or `week`, or its plural.
public struct PolicyDuration: Sendable, Hashable, Comparable {
    /// More than 0.
    public let seconds: Int64

    /// - Parameter seconds: at least 1.
    public init(seconds: Int64) {
        precondition(seconds > 0, "a policy's duration is more than 0")
        self.seconds = seconds
    }

    /// `count` minutes.
    public static func minutes(_ count: Int64) -> Self { Self(seconds: count * 60) }
    /// `count` hours.
    public static func hours(_ count: Int64) -> Self { Self(seconds: count * 3_600) }
    /// `count` days of 24 hours.
    public static func days(_ count: Int64) -> Self { Self(seconds: count * 86_400) }

    /// The shorter one first.
    public static func < (left: Self, right: Self) -> Bool { left.seconds < right.seconds }

    fileprivate static let units: [(name: String, seconds: Int64)] = [
        ("week", 604_800), ("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1),
    ]

    /// As an SQL literal: `INTERVAL '7 days'`.
    public var sql: String { "INTERVAL '\(self)'" }
}

extension PolicyDuration: CustomStringConvertible {
    /// In the largest unit that divides it, weeks aside, as people think of 7 days rather than 1 week.
    public var description: String {
        let (name, size) = Self.units.dropFirst().first { seconds % $0.seconds == 0 } ?? ("second", 1)
        let count = seconds / size
        return "\(count) \(name)\(count == 1 ? "" : "s")"
    }
}

extension PolicyDuration: LosslessStringConvertible {
    /// Reads `7 days`, `90 minutes` or `1 hour`; nil for anything else, 0, and more than 100 years.
    public init?(_ text: String) {
        let words = text.split(whereSeparator: \.isWhitespace)
        guard words.count == 2, let count = Int64(words[0]), count > 0,
            let unit = Self.units.first(where: { words[1] == $0.name || words[1] == $0.name + "s" })
        else { return nil }
        let (seconds, overflow) = count.multipliedReportingOverflow(by: unit.seconds)
        guard !overflow, seconds <= 36_525 * 86_400 else { return nil }
        self.init(seconds: seconds)
    }
}
