import HyperstepPolicies
import Testing

@Suite("Durations of policies")
struct PolicyDurationTests {
    @Test(
        "What is written is read back",
        arguments: ["1 second", "90 seconds", "5 minutes", "1 hour", "7 days", "365 days", "36525 days"])
    func roundTrip(text: String) throws {
        let duration = try #require(PolicyDuration(text))
        #expect(duration.description == text)
    }

    @Test("Weeks are read, and said in days")
    func weeks() throws {
        #expect(try #require(PolicyDuration("2 weeks")) == .days(14))
        #expect(PolicyDuration.days(14).description == "14 days")
    }

    @Test(
        "What is no duration is nil",
        arguments: [
            "", "1", "day", "0 days", "-1 days", "1.5 days", "1 month", "1 year", "1 day 2 hours", "1day",
            "one day", "36526 days", "9223372036854775807 weeks", "1 dayss", "1 Day",
        ])
    func refused(text: String) {
        #expect(PolicyDuration(text) == nil)
    }
}
