/// Whether a session that begins now may write.
struct WritableCheck: Sendable {
    /// Why it may not; nil where it may.
    var complaint: String?

    var findings: [Finding] {
        guard let complaint else { return [Finding(.ok, "writable", "a session that begins now may write")] }
        // The complaint says what to do.
        return [Finding(.error, "writable", complaint)]
    }
}
