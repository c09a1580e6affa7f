// What docs/policies.md says of each key; a test holds the page against it.

extension HypertableKey {
    /// What it sets, in one line.
    public var summary: String {
        switch self {
        case .chunkInterval: "How much time a chunk spans. A change holds for chunks made from then on."
        case .compressAfter: "Age at which a chunk goes to the columnstore. Community edition only."
        case .segmentBy: "Columns whose values stay together in the columnstore."
        case .orderBy: "Order of rows within a segment of the columnstore."
        case .retention: "Age at which a chunk is dropped."
        }
    }

    /// What it may be, in one line.
    public var range: String {
        switch self {
        case .chunkInterval: "a duration from 1 minute to 365 days, or `auto`"
        case .compressAfter: "a duration, at least `chunk_interval` and less than `retention`, or `never`"
        case .segmentBy: "a list of up to 8 columns, neither `time` nor floating-point ones nor JSON"
        case .orderBy: "a list of up to 8 columns, each with `asc` or `desc` after it or not, with `time`"
        case .retention: "a duration of at least two chunks and one hour, or `never`"
        }
    }
}

extension AggregateKey {
    /// What it sets, in one line.
    public var summary: String {
        switch self {
        case .bucket: "The width of a bucket. Another one means another aggregate: it is made anew."
        case .refreshStart: "How far back changed rows are taken into it."
        case .refreshEnd: "How old a bucket is before it is computed."
        case .refreshEvery: "How often changed buckets are computed."
        case .realTime: "Whether queries see what is not computed yet."
        case .compressAfter: "Age at which its own chunks go to the columnstore. Community edition only."
        case .retention: "Age at which its own chunks are dropped."
        }
    }

    /// What it may be, in one line.
    public var range: String {
        switch self {
        case .bucket: "a duration of whole minutes that divides a day, or of whole days"
        case .refreshStart: "a duration shorter than each retention of what it is made from, or `unlimited`"
        case .refreshEnd: "a duration, at least two buckets shorter than `refresh_start`"
        case .refreshEvery: "a duration from 10 seconds to 1 day"
        case .realTime: "`true` or `false`"
        case .compressAfter:
            "a duration of more than `refresh_end` and one bucket, and less than `retention`, or `never`"
        case .retention:
            "a duration longer than `bucket`, of at least one hour, and no shorter than `refresh_start`, or `never`"
        }
    }
}
