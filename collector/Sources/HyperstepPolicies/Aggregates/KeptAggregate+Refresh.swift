import HyperstepPostgres

// What the refresher runs. Parameters: $1 keys, $2 minutes (microseconds since 2000), one for one; $3 and $4 bound
// the time of all of them, as constants by which chunks are left out when the server plans.
extension KeptAggregate {
    var deleteNoted: String {
        """
        DELETE FROM \(table) m USING (\(takenBuckets)) n
        WHERE m.\(definition.key) = n.key AND m.bucket = n.bucket AND m.bucket >= $3 AND m.bucket < $4
        """
    }

    var insertNoted: String {
        let rows =
            if let base = definition.aggregate.base, let baseWidth {
                definition.overBase(
                    width: width,
                    from: """
                        FROM hyperstep_internal.\(base.name) m
                        WHERE \(KeptAggregate(base, width: baseWidth, baseWidth: nil, in: schema).within("m", "n", width: width)) \
                        AND m.bucket >= $3 AND m.bucket < $4
                        """, time: "bucket")
            } else {
                definition.overRows(
                    width: width, from: from("n", width: width) + " AND time >= $3 AND time < $4")
            }
        return """
            INSERT INTO \(table) (\(columns))
            SELECT r.* FROM (\(takenBuckets)) n CROSS JOIN LATERAL (
            \(rows)
            ) r
            """
    }

    /// Notes minutes that have rows and buckets that exist, between $1 and $2.
    ///
    /// - Parameter dependents: aggregates made of this one.
    func noteWindow(dependents: [KeptAggregate]) -> String {
        let existing = ([self] + dependents).map {
            """
            UNION SELECT \(definition.key), bucket FROM \($0.table) WHERE bucket >= $1 AND bucket < $2
            """
        }
        return """
            INSERT INTO hyperstep_internal.touched_buckets (source, key, bucket)
            SELECT '\(source)', n.key, n.minute
            FROM (SELECT \(definition.key) AS key, time_bucket(INTERVAL '1 minute', time) AS minute
                  FROM \(schema.sql).\(source) WHERE time >= $1 AND time < $2
                  \(existing.joined(separator: "\n"))) n
            WHERE time_bucket(\(width.sql), n.minute) >= \(completeFrom)
            """
    }

    private var takenBuckets: String {
        """
        SELECT b.key, b.bucket
        FROM (SELECT DISTINCT u.key, time_bucket(\(width.sql), \
        TIMESTAMPTZ '2000-01-01 00:00:00+00' + u.minute * INTERVAL '1 microsecond') AS bucket
              FROM unnest($1::uuid[], $2::bigint[]) AS u (key, minute)) b
        WHERE b.bucket >= \(completeFrom)
        """
    }
}
