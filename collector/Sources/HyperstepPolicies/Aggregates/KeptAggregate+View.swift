import HyperstepPostgres

// Where buckets are noted as changed, the view computes them from the rows, one by one (LATERAL), so that each reads
// one key's few minutes. The bucket that the view shows there is time_bucket() of the rows' time and not the note's:
// TimescaleDB turns a condition on it into one on time and leaves out chunks when it plans. The key is said to equal
// the note's once more, outside, so that a condition on it reaches the notes.
extension KeptAggregate {
    var realTimeView: String {
        """
        SELECT \(columns)
        FROM \(table) m
        WHERE NOT EXISTS (\(notes(of: "m", width: width)))
        UNION ALL
        SELECT \(qualified("r"))
        FROM (\(notedBuckets)) n
        CROSS JOIN LATERAL (
        \(current(of: "n"))
        ) r
        WHERE r.\(definition.key) = n.key AND r.bucket = n.bucket
        """
    }

    /// The rows of the bucket that `noted`, a relation with columns key and bucket, stands at, computed anew.
    private func current(of noted: String) -> String {
        guard let base = definition.aggregate.base, let baseWidth else {
            return definition.overRows(width: width, from: from(noted, width: width))
        }
        let inner = KeptAggregate(base, width: baseWidth, baseWidth: nil, in: schema)
        let minutes = definition.overRows(
            width: baseWidth, from: from("d", key: "\(noted).key", width: baseWidth), outer: width)
        return definition.overBase(
            width: width,
            from: """
                FROM (
                SELECT \(columns), time_bucket(\(width.sql), m.bucket) AS outer_bucket
                FROM \(inner.table) m
                WHERE \(inner.within("m", noted, width: width)) AND NOT EXISTS (\(inner.notes(of: "m", width: baseWidth)))
                UNION ALL
                SELECT \(qualified("r")), r.outer_bucket
                FROM (
                SELECT DISTINCT time_bucket(\(baseWidth.sql), t.bucket) AS bucket
                FROM hyperstep_internal.touched_buckets t
                WHERE t.source = '\(source)' AND t.key = \(noted).key
                  AND t.bucket >= \(noted).bucket AND t.bucket < \(noted).bucket + \(width.exactSQL)
                  AND time_bucket(\(baseWidth.sql), t.bucket) >= \(inner.completeFrom)
                ) d
                CROSS JOIN LATERAL (
                \(minutes)
                ) r
                ) x
                """, time: "outer_bucket")
    }

    /// What of the source belongs to a bucket.
    func from(_ noted: String, key: String? = nil, width: PolicyDuration) -> String {
        """
        FROM \(schema.sql).\(source)
        WHERE \(definition.key) = \(key ?? "\(noted).key") AND time >= \(noted).bucket \
        AND time < \(noted).bucket + \(width.exactSQL)
        """
    }

    /// What of this aggregate belongs to a wider bucket.
    func within(_ alias: String, _ noted: String, width: PolicyDuration) -> String {
        """
        \(alias).\(definition.key) = \(noted).key AND \(alias).bucket >= \(noted).bucket \
        AND \(alias).bucket < \(noted).bucket + \(width.exactSQL)
        """
    }

    private var notedBuckets: String {
        """
        SELECT DISTINCT t.key, time_bucket(\(width.sql), t.bucket) AS bucket
        FROM hyperstep_internal.touched_buckets t
        WHERE t.source = '\(source)' AND time_bucket(\(width.sql), t.bucket) >= \(completeFrom)
        """
    }

    private func notes(of alias: String, width: PolicyDuration) -> String {
        """
        SELECT FROM hyperstep_internal.touched_buckets t WHERE t.source = '\(source)' \
        AND t.key = \(alias).\(definition.key) AND time_bucket(\(width.sql), t.bucket) = \(alias).bucket \
        AND time_bucket(\(width.sql), t.bucket) >= \(completeFrom)
        """
    }

    var completeFrom: String {
        "(SELECT k.complete_from FROM hyperstep_internal.kept_aggregates k WHERE k.aggregate = '\(name)')"
    }

    private func qualified(_ alias: String) -> String {
        definition.columns.map { "\(alias).\($0)" }.joined(separator: ", ")
    }
}
