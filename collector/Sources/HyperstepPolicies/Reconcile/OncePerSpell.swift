/// Says a thing when it begins to be so, and again only after it has stopped.
struct OncePerSpell {
    private var said: Set<String> = []
    private var current: Set<String> = []

    /// Whether `thing` is to be said now.
    mutating func isNews(_ thing: String) -> Bool {
        current.insert(thing)
        return said.insert(thing).inserted
    }

    /// The end of a round: what was not so in it has stopped.
    mutating func endRound() {
        said = current
        current = []
    }
}
