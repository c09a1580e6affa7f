/// The statements that policies are changed by: calls of functions that work for the owner of the tables and for
/// a collector's role alike.
enum PolicyStatement {
    static func chunkInterval(_ relation: String, _ width: PolicyDuration) -> String {
        call("set_chunk_interval", relation, width.sql)
    }

    static func columnstore(_ relation: String, _ settings: ColumnstoreSettings) -> String {
        call(
            "set_columnstore", relation, quoted(settings.segmentBy.joined(separator: ", ")),
            quoted(settings.orderBy.list))
    }

    static func compression(_ relation: String, _ after: PolicyDuration?) -> String {
        call("set_compression", relation, after?.sql ?? "NULL")
    }

    static func retention(_ relation: String, _ after: PolicyDuration?) -> String {
        call("set_retention", relation, after?.sql ?? "NULL")
    }

    static func refresh(_ aggregate: Aggregate, _ policy: AggregatePolicy) -> String {
        call(
            "set_refresh", aggregate.name, policy.refreshStart?.sql ?? "NULL", policy.refreshEnd.sql,
            policy.refreshEvery.sql)
    }

    static func realTime(_ aggregate: Aggregate, _ isRealTime: Bool) -> String {
        call("set_realtime", aggregate.name, isRealTime ? "true" : "false")
    }

    static let grants = "SELECT hyperstep_internal.grant_roles()"

    static func dropChunks(_ relation: String, olderThan age: PolicyDuration) -> String {
        call("drop_chunks_older", relation, age.sql)
    }

    private static func call(_ function: String, _ relation: String, _ arguments: String...) -> String {
        "SELECT hyperstep_internal.\(function)(\(([quoted(relation)] + arguments).joined(separator: ", ")))"
    }

    private static func quoted(_ text: String) -> String {
        "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
    }
}

extension [OrderColumn] {
    /// As `bucket, time desc`.
    var list: String { map(\.description).joined(separator: ", ") }
}

extension PolicyDuration {
    /// How often a policy looks for chunks of this age, as `hyperstep_internal.check_every` has it: hourly, and
    /// more often for short ones.
    var checkedEvery: PolicyDuration { PolicyDuration(seconds: max(60, min(3_600, seconds / 10))) }
}
