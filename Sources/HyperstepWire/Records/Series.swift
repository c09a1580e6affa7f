/// One thing that a program measures: an instrument's name and kind with one choice of its dimensions.
///
/// Together at most `WireLimits.maxSeriesBytes` bytes of text.
public struct Series: Equatable, Hashable, Sendable {
    /// As `http_requests_total`: 1 to 256 bytes.
    public var name: String
    /// What kind of instrument it is.
    public var kind: Kind
    /// A UCUM unit, as `ms` or `By`: at most 256 bytes. Empty: none given. A timer's numbers are in `ns`.
    public var unit: String
    /// At most `WireLimits.maxDimensions`, ascending by the bytes of their keys, none twice.
    public var dimensions: [Dimension]

    /// Creates a series.
    public init(name: String, kind: Kind, unit: String = "", dimensions: [Dimension] = []) {
        self.name = name
        self.kind = kind
        self.unit = unit
        self.dimensions = dimensions
    }

    /// A kind of instrument. Programs newer than this one may send kinds that have no name here.
    public struct Kind: RawRepresentable, Hashable, Sendable {
        /// The number in the contract and in the table `series`: 1 to 32,767.
        public var rawValue: UInt32

        /// Creates the kind of a number of the contract.
        public init(rawValue: UInt32) {
            self.rawValue = rawValue
        }

        /// A number that grows.
        public static let counter = Kind(rawValue: 1)
        /// A number that is set.
        public static let gauge = Kind(rawValue: 2)
        /// A number that is set, or moved up and down.
        public static let meter = Kind(rawValue: 3)
        /// Durations in nanoseconds, with a histogram.
        public static let timer = Kind(rawValue: 4)
        /// Numbers of any unit, with a histogram.
        public static let recorder = Kind(rawValue: 5)
    }

    /// What tells one series of an instrument from another, as `status` and `200`.
    public struct Dimension: Equatable, Hashable, Sendable {
        /// 1 to 256 bytes.
        public var key: String
        /// May be empty.
        public var value: String

        /// Creates a dimension.
        public init(key: String, value: String) {
            self.key = key
            self.value = value
        }
    }
}
