/// What brings one hypertable to what is declared of it.
struct HypertableChanges {
    let hypertable: Hypertable
    let declared: HypertablePolicy
    let observed: ObservedHypertable

    private var name: String { hypertable.name }

    private func change(_ key: HypertableKey, from: String, to: String, _ sql: String) -> PolicyChange {
        PolicyChange(relation: name, setting: key.name, from: from, to: to, sql: [sql])
    }

    /// The interval of new chunks. `auto` without advice leaves it as it is.
    var chunkInterval: [PolicyChange] {
        let wanted: PolicyDuration? =
            switch declared.chunkInterval {
            case .fixed(let interval): interval
            case .auto: observed.advisedChunkInterval
            }
        guard let wanted, wanted != observed.chunkInterval else { return [] }
        let isAdvice = declared.chunkInterval == .auto
        return [
            change(
                .chunkInterval, from: observed.chunkInterval.description,
                to: wanted.description + (isAdvice ? " (auto)" : ""),
                PolicyStatement.chunkInterval(name, wanted))
        ]
    }

    /// The columnstore's layout, and when chunks go there. What never goes there needs no layout.
    var columnstore: [PolicyChange] {
        (declared.compressAfter == nil ? [] : layout) + compression
    }

    private var layout: [PolicyChange] {
        let wanted = ColumnstoreSettings(segmentBy: declared.segmentBy, orderBy: declared.orderBy)
        let sql = PolicyStatement.columnstore(name, wanted)
        let had = observed.columnstore
        var changes: [PolicyChange] = []
        if had?.segmentBy != wanted.segmentBy {
            changes.append(
                change(
                    .segmentBy, from: had.map { Self.list($0.segmentBy) } ?? "no columnstore",
                    to: Self.list(wanted.segmentBy), sql))
        }
        if had?.orderBy != wanted.orderBy {
            changes.append(
                change(
                    .orderBy, from: had.map { Self.list($0.orderBy.map(\.description)) } ?? "no columnstore",
                    to: Self.list(wanted.orderBy.map(\.description)), sql))
        }
        return changes
    }

    private var compression: [PolicyChange] {
        JobDrift(observed.compressionJobs, age: declared.compressAfter).map {
            [
                change(
                    .compressAfter, from: $0.from, to: $0.to,
                    PolicyStatement.compression(name, declared.compressAfter))
            ]
        } ?? []
    }

    /// When chunks are dropped.
    var retention: [PolicyChange] {
        RetentionChange.changes(
            relation: name, setting: HypertableKey.retention.name, jobs: observed.retentionJobs,
            wanted: declared.retention, loss: observed.loss,
            // What sums the rows up has to be as declared before they go.
            follows: Set(Aggregate.allCases.filter { $0.hypertable == hypertable }.map(\.name)))
    }

    /// What a person should know beside the changes.
    var notes: [String] {
        guard declared.compressAfter != nil, observed.columnstore != nil, !layout.isEmpty,
            let chunks = observed.compressedChunks, chunks > 0
        else { return [] }
        return [
            """
            \(name): segment_by and order_by hold for chunks compressed from now on; the \(chunks) in the \
            columnstore stay as they are, and are read as well as before. To bring them along: SELECT \
            compress_chunk(c, recompress => true) FROM show_chunks('\(name)') AS c
            """
        ]
    }

    private static func list(_ items: [String]) -> String {
        "[\(items.joined(separator: ", "))]"
    }
}

/// The change of a retention, of a hypertable's chunks or an aggregate's.
enum RetentionChange {
    static func changes(
        relation: String, setting: String, jobs: [ObservedJob], wanted: PolicyDuration?, loss: DataLoss?,
        follows: Set<String> = []
    ) -> [PolicyChange] {
        guard let drift = JobDrift(jobs, age: wanted) else { return [] }
        // A stopped job drops nothing: to start it again drops what it left.
        let dropsData = wanted.map { wanted in jobs.soonest.map { wanted < $0 } ?? true } ?? false
        return [
            PolicyChange(
                relation: relation, setting: setting, from: drift.from, to: drift.to,
                sql: [PolicyStatement.retention(relation, wanted)], dropsData: dropsData,
                loss: dropsData ? loss : nil, follows: dropsData ? follows : [])
        ]
    }
}
