/// When memory is looked at.
struct FootprintMark: Sendable {
    let name: String
    /// Recorded until then, since the start.
    let steps: Int
    /// Steps a second on the way there.
    let pace: Int

    /// After a second as training has it; three times on the way to the given number of steps, which come faster than
    /// any training makes them; and after more of them, as fast as collectors and databases keep up with.
    static func all(steps: Int) -> [FootprintMark] {
        [
            FootprintMark(name: "second", steps: 1_000, pace: 1_000),
            FootprintMark(name: "tenth", steps: steps / 10, pace: 100_000),
            FootprintMark(name: "half", steps: steps / 2, pace: 100_000),
            FootprintMark(name: "end", steps: steps, pace: 100_000),
            FootprintMark(name: "rush", steps: steps + steps / 5, pace: 400_000),
        ]
    }

    var note: String { "after \(steps) steps, the last at \(pace) a second" }
}
