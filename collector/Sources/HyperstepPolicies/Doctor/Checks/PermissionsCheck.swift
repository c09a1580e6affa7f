/// Whether the role may do what `serve` needs.
struct PermissionsCheck: Sendable {
    var role: String
    /// What it lacks, each as `INSERT on public.runs`.
    var missing: [String]

    var findings: [Finding] {
        guard !missing.isEmpty else {
            return [Finding(.ok, "permissions", "the role \(role) may do what serve needs")]
        }
        return [
            Finding(
                .error, "permissions", "the role \(role) lacks \(missing.joined(separator: ", "))",
                remedy:
                    "run hyperstep-collector migrate --create-roles as the owner of the schema, or grant them"
            )
        ]
    }
}
