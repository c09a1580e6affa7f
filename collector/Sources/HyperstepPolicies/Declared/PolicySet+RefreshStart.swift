extension PolicySet {
    /// The retentions that bound how far back an aggregate may be refreshed: of the rows, of the aggregate it is
    /// made from, and its own.
    ///
    /// Without those rows a refresh would erase the history that the aggregate is kept for.
    func retentions(boundingRefreshOf aggregate: Aggregate) -> [(key: PolicyKey, duration: PolicyDuration)] {
        var all: [(key: PolicyKey, duration: PolicyDuration?)] = [
            (.hypertable(aggregate.hypertable, .retention), self[aggregate.hypertable].retention),
            (.aggregate(aggregate, .retention), self[aggregate].retention),
        ]
        if let base = aggregate.base { all.append((.aggregate(base, .retention), self[base].retention)) }
        return all.compactMap { key, duration in duration.map { (key, $0) } }
    }

    /// The refresh start of an aggregate that declares none: the longest in whole buckets that leaves one bucket
    /// to each retention, at least one bucket; nil, which is without limit, where all is kept for ever.
    public func standardRefreshStart(of aggregate: Aggregate) -> PolicyDuration? {
        let bucket = self[aggregate].bucket.seconds
        return retentions(boundingRefreshOf: aggregate).map(\.duration.seconds).min().map {
            PolicyDuration(seconds: max($0 / bucket - 1, 1) * bucket)
        }
    }
}
