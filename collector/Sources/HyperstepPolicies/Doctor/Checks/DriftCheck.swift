/// Whether the database has the policies that are declared.
struct DriftCheck: Sendable {
    /// One line for each difference.
    var differences: [String]

    /// Differences that are named.
    static let most = 5

    var findings: [Finding] {
        guard !differences.isEmpty else { return [Finding(.ok, "drift", "policies are as declared")] }
        let named = differences.prefix(Self.most).map {
            Finding(
                .warning, "drift", $0, remedy: "look with policies plan, bring it back with policies apply")
        }
        let others = differences.count - named.count
        guard others > 0 else { return Array(named) }
        return named + [
            Finding(.warning, "drift", "\(others) more policies differ", remedy: "see policies plan")
        ]
    }
}
