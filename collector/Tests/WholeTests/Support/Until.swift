import Testing

/// Looks again and again until it is so, for a minute at most.
func until(_ isSo: () throws -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(60)
    while try !isSo() {
        try #require(ContinuousClock.now < deadline, "it did not come about within a minute")
        try await Task.sleep(for: .milliseconds(10))
    }
}
