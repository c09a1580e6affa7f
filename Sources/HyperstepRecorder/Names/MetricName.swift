/// What a metric is called and measured in.
public struct MetricName: Sendable, Hashable {
    /// The name, such as `val/top5`: 1 to ``maximumName`` bytes of UTF-8.
    public let name: String
    /// The unit, by UCUM's case-sensitive codes (`1`, `ms`, `By`): at most ``maximumUnit`` bytes of UTF-8, empty
    /// where none is known.
    public let unit: String

    /// The most bytes of a name.
    public static var maximumName: Int { 256 }
    /// The most bytes of a unit.
    public static var maximumUnit: Int { 64 }

    /// A name and its unit, of any length; ``fits`` says whether a table takes them.
    public init(name: String, unit: String) {
        self.name = name
        self.unit = unit
    }

    /// Whether both have a length that a table takes, and no U+0000, which no database's text holds.
    public var fits: Bool {
        (1...Self.maximumName).contains(name.utf8.count) && unit.utf8.count <= Self.maximumUnit
            && !name.utf8.contains(0) && !unit.utf8.contains(0)
    }
}
