/// Whether the clocks of collector and database agree.
struct ClockCheck: Sendable {
    /// Seconds that the database's clock is ahead, by the middle of the round trip.
    var skew: Double
    /// Seconds that the question took: what is measured is right within half of it.
    var roundTrip: Double

    /// Seconds.
    static let most = 2.0

    var findings: [Finding] {
        let amount = Quantity.seconds(abs(skew))
        guard abs(skew) - roundTrip / 2 > Self.most else {
            return [
                Finding(
                    .ok, "clock",
                    "collector and database agree within \(Quantity.seconds(abs(skew) + roundTrip / 2))")
            ]
        }
        return [
            Finding(
                .warning, "clock",
                "the database's clock is \(amount) \(skew > 0 ? "ahead of" : "behind") this machine's",
                remedy: "synchronise both with NTP; see the section on clocks in docs/operations.md")
        ]
    }

    /// From the times before and after the question, and the database's between them, all in seconds since 1970.
    init(before: Double, database: Double, after: Double) {
        skew = database - (before + after) / 2
        roundTrip = after - before
    }
}
