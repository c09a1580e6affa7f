/// Jobs that failed when they last ran, with the same error: what has one cause is said once.
struct JobFailures {
    let error: String
    private(set) var jobs: [JobStatus]

    /// As "refresh of training_metrics_hourly (job 1000)", or how many and which come first.
    var title: String {
        guard jobs.count > 1 else { return jobs[0].title }
        let some = jobs.prefix(3).map(\.title).joined(separator: ", ")
        return "\(jobs.count) jobs (\(some)\(jobs.count > 3 ? " and others" : ""))"
    }

    /// In the order in which the errors come first.
    static func among(_ jobs: [JobStatus]) -> [JobFailures] {
        var all: [JobFailures] = []
        for job in jobs where job.didSucceed == false {
            let error = job.lastError.map(JobWatch.shared) ?? "see the server's log"
            if let known = all.firstIndex(where: { $0.error == error }) {
                all[known].jobs.append(job)
            } else {
                all.append(JobFailures(error: error, jobs: [job]))
            }
        }
        return all
    }
}
