public import HyperstepHistogram

/// How long one kind of thing took within a window.
public struct LatencyHistogram: Equatable, Sendable {
    /// What was measured. Programs newer than this one may send kinds that have no name here.
    public struct Kind: RawRepresentable, Hashable, Sendable {
        /// The number in the contract and in the table `latency_histogram`: 1 to 32,767.
        public var rawValue: UInt32

        /// Creates the kind of a number of the contract.
        public init(rawValue: UInt32) {
            self.rawValue = rawValue
        }

        /// A whole request.
        public static let request = Kind(rawValue: 1)
        /// From a request to its first token.
        public static let timeToFirstToken = Kind(rawValue: 2)
        /// From one output token to the next.
        public static let timePerOutputToken = Kind(rawValue: 3)
        /// From a request's arrival to the start of work on it.
        public static let queueTime = Kind(rawValue: 4)
    }

    /// What was measured.
    public var kind: Kind
    /// How often each bucket counted. Never empty; at most 2^63 − 1 altogether.
    public var distribution: Histogram

    /// Creates the histogram of one kind.
    public init(kind: Kind, distribution: Histogram) {
        self.kind = kind
        self.distribution = distribution
    }
}
