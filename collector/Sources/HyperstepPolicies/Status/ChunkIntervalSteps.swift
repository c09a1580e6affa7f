/// Which spans an advised chunk interval may have.
enum ChunkIntervalSteps {
    /// Those that are advised: each divides a day or is whole days, none is more than twice the one before.
    static let steps: [PolicyDuration] =
        [5, 10, 15, 20, 30].map { .minutes($0) } + [1, 2, 3, 4, 6, 8, 12].map { .hours($0) }
        + (1...7).map { .days($0) }

    /// The one whose ratio to `seconds` is nearest to 1.
    static func nearest(to seconds: Double) -> PolicyDuration {
        var nearest = HypertablePolicy.ChunkInterval.shortestAuto
        for step in steps where distance(step, seconds) < distance(nearest, seconds) { nearest = step }
        return nearest
    }

    private static func distance(_ step: PolicyDuration, _ seconds: Double) -> Double {
        let length = Double(step.seconds)
        return max(length / seconds, seconds / length)
    }
}
