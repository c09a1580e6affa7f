/// How much of what a run may hold it holds: parameters and tags add up over all of its events.
struct RunContents {
    /// Bytes of JSON of each parameter.
    private var parameters: [String: Int] = [:]
    private var bytes = 0
    var tags: Set<String> = []
    /// What was left out and said: parameters, and tags.
    var saidParameters = SaidNames()
    var saidTags = SaidNames()
    var saidManyTags = false

    /// Takes a parameter, new or in the place of its older value; false where it does not fit.
    mutating func take(_ key: String, bytes new: Int, limit: Int) -> Bool {
        let total = bytes - (parameters[key] ?? 0) + new
        guard total <= limit else { return false }
        parameters[key] = new
        bytes = total
        return true
    }
}
