/// All that brings a database to what is declared, in the order in which it is done.
public struct PolicyPlan: Sendable, Equatable {
    /// Change by change; empty if the database is as declared.
    public var changes: [PolicyChange]
    /// What a person should know and no change does.
    public var notes: [String]

    /// A plan.
    public init(changes: [PolicyChange] = [], notes: [String] = []) {
        self.changes = changes
        self.notes = notes
    }

    /// What differs. Asks no database.
    public static func between(_ declared: PolicySet, _ observed: ObservedDatabase) -> PolicyPlan {
        let hypertables = Hypertable.allCases.compactMap { hypertable in
            observed.hypertables[hypertable].map {
                HypertableChanges(hypertable: hypertable, declared: declared[hypertable], observed: $0)
            }
        }
        let aggregates = Aggregate.allCases.filter { $0.base == nil }
            .filter { observed.hypertables[$0.hypertable] != nil }
            .flatMap { AggregateChanges(aggregate: $0, declared: declared, observed: observed).all }
        var plan = PolicyPlan(notes: missing(observed))
        plan.changes += hypertables.flatMap(\.chunkInterval)
        if observed.edition == .community {
            plan.changes += hypertables.flatMap(\.columnstore)
            let retentions = hypertables.flatMap(\.retention)
            // An aggregate must never be refreshed over rows that are gone: longer retentions come before it
            // reaches back further, shorter ones after it has stopped to.
            plan.changes += retentions.filter { !$0.dropsData } + aggregates
            plan.changes += retentions.filter(\.dropsData)
            plan.notes += hypertables.flatMap(\.notes)
        } else {
            plan.changes += aggregates
            plan.notes += apacheNotes(declared)
        }
        return plan
    }

    private static func missing(_ observed: ObservedDatabase) -> [String] {
        Hypertable.allCases.filter { observed.hypertables[$0] == nil }.map {
            "\($0.name) does not exist in this database: run hyperstep-collector migrate"
        }
    }

    private static func apacheNotes(_ declared: PolicySet) -> [String] {
        var notes: [String] = []
        let compressed = Hypertable.allCases.filter { declared[$0].compressAfter != nil }.map(\.name)
        if !compressed.isEmpty {
            notes.append(
                """
                compress_after: not to be had in the Apache edition of TimescaleDB, so chunks of \
                \(compressed.joined(separator: ", ")) stay uncompressed, about ten times as large. For \
                compression use a server of the Community edition (Timescale's own packages and images, with \
                timescaledb.license = 'timescale'), or declare compress_after: never
                """)
        }
        let retained =
            Hypertable.allCases.compactMap { table in
                declared[table].retention.map { "\(table.name) \($0)" }
            }
            + Aggregate.allCases.compactMap { aggregate in
                declared[aggregate].retention.map { "\(aggregate.name) \($0)" }
            }
        if !retained.isEmpty {
            notes.append(
                """
                retention: the Apache edition of TimescaleDB has no jobs, so hyperstep-collector serve drops \
                the chunks (\(retained.joined(separator: ", "))): keep one running
                """)
        }
        return notes
    }
}
