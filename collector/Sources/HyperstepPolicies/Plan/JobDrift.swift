/// How jobs differ from the one that is declared, or from none.
struct JobDrift {
    /// What the database has, in words.
    let from: String
    /// What is declared, in words.
    let to: String

    /// The drift of jobs that act on chunks of an age; nil if there is none.
    init?(_ jobs: [ObservedJob], age wanted: PolicyDuration?) {
        guard let wanted else {
            guard !jobs.isEmpty else { return nil }
            self.init(from: Self.describe(jobs, Self.age), to: "never")
            return
        }
        guard jobs.count == 1, jobs[0].works, jobs[0].after == wanted else {
            self.init(from: Self.describe(jobs, Self.age), to: wanted.description)
            return
        }
        guard jobs[0].every != wanted.checkedEvery else { return nil }
        let every = jobs[0].every?.description ?? "unknown time"
        self.init(
            from: "\(wanted), looked for every \(every)",
            to: "\(wanted), looked for every \(wanted.checkedEvery)")
    }

    private static func age(_ job: ObservedJob) -> String { job.after?.description ?? "by another rule" }

    private init(from: String, to: String) {
        self.from = from
        self.to = to
    }

    /// The drift of jobs that refresh an aggregate, key by key.
    static func refresh(
        _ jobs: [ObservedJob], _ wanted: AggregatePolicy
    ) -> [(key: AggregateKey, drift: JobDrift)] {
        guard jobs.count == 1, jobs[0].works else {
            let from = describe(jobs) { $0.every?.description ?? "never" }
            return [(.refreshEvery, JobDrift(from: from, to: wanted.refreshEvery.description))]
        }
        let values: [(AggregateKey, String, String)] = [
            (.refreshStart, startText(jobs[0].refreshStart), startText(wanted.refreshStart)),
            (.refreshEnd, jobs[0].refreshEnd?.description ?? "now", wanted.refreshEnd.description),
            (.refreshEvery, jobs[0].every?.description ?? "never", wanted.refreshEvery.description),
        ]
        return values.filter { $1 != $2 }.map { ($0, JobDrift(from: $1, to: $2)) }
    }

    private static func startText(_ start: PolicyDuration?) -> String { start?.description ?? "unlimited" }

    private static func describe(_ jobs: [ObservedJob], _ value: (ObservedJob) -> String) -> String {
        switch jobs.count {
        case 0: return "never"
        case 1:
            let job = jobs[0]
            guard let trouble = job.trouble else { return value(job) }
            return value(job) + " (job \(job.id) \(trouble))"
        default:
            let each = jobs.map { job in
                "\(value(job)) (job \(job.id)\(job.trouble.map { " \($0)" } ?? ""))"
            }
            return "\(jobs.count) jobs: " + each.joined(separator: " and ")
        }
    }
}

extension ObservedJob {
    /// Whether the scheduler runs it, with the right to do its work.
    fileprivate var works: Bool { trouble == nil }

    /// Why it does not.
    fileprivate var trouble: String? {
        if !isScheduled { return "is stopped" }
        return isOwners ? nil : "belongs to another role"
    }
}
