/// The kinds of measures. What each does with values that are no ordinary numbers:
///
/// - Averages and moments leave out what is not finite and what is so large (1e100) that its square would
///   overflow: PostgreSQL raises an error for that, and one such value would stop an aggregate for ever.
/// - What they leave out is counted.
/// - Smallest, greatest, first and last are over all finite values.
extension AggregateDefinition.Measure {
    /// PostgreSQL sorts NaN above infinity, so that this is false for it; for null it is null.
    static func isOrdinary(_ column: String) -> String { "abs(\(column)) < 1e100" }
    static func isFinite(_ column: String) -> String { "abs(\(column)) < 'Infinity'" }

    /// Count, sum and sum of squared deviations, which can be merged, unlike an average.
    static func moments(_ name: String, of column: String) -> Self {
        Self(
            name, "hyperstep_internal.moments(\(column)) FILTER (WHERE \(isOrdinary(column)))",
            base: "hyperstep_internal.merge_moments(\(name))",
            "Count, sum and sum of squared deviations of \(column), to merge buckets with: hyperstep_internal.merge_moments(), then float8_avg() or float8_stddev_samp()."
        )
    }

    static func average(
        _ name: String, of column: String, moments: String? = nil, _ comment: String? = nil
    ) -> Self {
        Self(
            name, "avg(\(column)) FILTER (WHERE \(isOrdinary(column)))",
            base: moments.map { "float8_avg(hyperstep_internal.merge_moments(\($0)))" },
            comment ?? "Average of \(column), over finite values smaller than 1e100.")
    }

    static func deviation(_ name: String, of column: String, moments: String) -> Self {
        Self(
            name, "stddev_samp(\(column)) FILTER (WHERE \(isOrdinary(column)))",
            base: "float8_stddev_samp(hyperstep_internal.merge_moments(\(moments)))",
            "Sample standard deviation of \(column), over finite values smaller than 1e100.")
    }

    static func nonFinite(_ name: String, of column: String) -> Self {
        Self(
            name, "count(*) FILTER (WHERE \(column) IS NOT NULL AND NOT \(isOrdinary(column)))",
            base: "sum(\(name))::bigint",
            "How many values of \(column) its average leaves out: NaN, infinities, and from 1e100 on.")
    }

    static func smallest(_ name: String, of column: String) -> Self {
        Self(
            name, "min(\(column)) FILTER (WHERE \(isFinite(column)))", base: "min(\(name))",
            "Smallest finite \(column).")
    }

    static func greatest(_ name: String, of column: String) -> Self {
        Self(
            name, "max(\(column)) FILTER (WHERE \(isFinite(column)))", base: "max(\(name))",
            "Greatest finite \(column).")
    }

    /// The value at the smallest or greatest step. Processes of a run share steps: of several values at one step
    /// it is the smallest or greatest of them, so that the answer does not depend on the order of rows.
    ///
    /// - Parameter step: the aggregate's column that holds that step; needed by an aggregate made of it.
    static func first(_ name: String, of column: String, step: String? = nil) -> Self {
        extreme("min", name, of: column, step: step, "First finite \(column), by step.")
    }

    static func last(_ name: String, of column: String, step: String? = nil) -> Self {
        extreme("max", name, of: column, step: step, "Last finite \(column), by step.")
    }

    private static func extreme(
        _ function: String, _ name: String, of column: String, step: String?, _ comment: String
    ) -> Self {
        // Arrays compare element by element. A step is rounded above 2^53, never refused.
        func pick(_ step: String, _ value: String, where condition: String) -> String {
            "(\(function)(ARRAY[\(step)::double precision, \(value)]) FILTER (WHERE \(condition)))[2]"
        }
        return Self(
            name, pick("step", column, where: isFinite(column)),
            base: step.map { pick($0, name, where: "\(name) IS NOT NULL") }, comment)
    }

    static func firstStep(_ name: String, of column: String) -> Self {
        Self(
            name, "min(step) FILTER (WHERE \(isFinite(column)))", base: "min(\(name))",
            "The first step with a finite \(column).")
    }

    static func lastStep(_ name: String, of column: String) -> Self {
        Self(
            name, "max(step) FILTER (WHERE \(isFinite(column)))", base: "max(\(name))",
            "The last step with a finite \(column).")
    }

    /// A sum of counts, which stops at the greatest `bigint` rather than fail.
    static func total(_ name: String, of column: String, _ comment: String) -> Self {
        // Not least(), for which null is nothing.
        Self(
            name,
            "CASE WHEN sum(\(column)) > 9223372036854775807 THEN 9223372036854775807 ELSE sum(\(column))::bigint END",
            comment)
    }

    static func rows(_ name: String, _ comment: String) -> Self {
        Self(name, "count(*)", base: "sum(\(name))::bigint", comment)
    }
}
