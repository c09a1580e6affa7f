/// Whether the schema is this collector's.
struct SchemaCheck: Sendable {
    /// What is wrong with it; nil if nothing is.
    var complaint: String?

    var findings: [Finding] {
        guard let complaint else { return [Finding(.ok, "schema", "current")] }
        return [
            Finding(
                .error, "schema", complaint,
                remedy: "run hyperstep-collector migrate, or use the collector that fits")
        ]
    }
}
