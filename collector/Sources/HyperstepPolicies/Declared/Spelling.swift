/// Finds what a person meant who mistyped a name.
public enum Spelling {
    /// The one of `names` that is most like `name`, the first of several; nil if there are none.
    ///
    /// No more than the first 64 letters are compared, so that a name from outside costs little however long it is.
    public static func nearest<Names: Sequence<String>>(to name: String, in names: Names) -> String? {
        let name = Array(name.prefix(64))
        return names.map { (name: $0, distance: cost(Array($0.prefix(64)), name)) }
            .min { $0.distance < $1.distance }?.name
    }

    /// Their distance, but little for a beginning of the known name: `run` means `run_id` rather than `rank`.
    private static func cost(_ known: [Character], _ typed: [Character]) -> Int {
        typed.count > 1 && typed.count < known.count && known.starts(with: typed) ? 1 : distance(known, typed)
    }

    /// How many letters have to be put in, left out or changed to get from one text to the other.
    private static func distance(_ left: [Character], _ right: [Character]) -> Int {
        var row = Array(0...right.count)
        for (i, letter) in left.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for j in right.indices {
                let change = diagonal + (letter == right[j] ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(change, row[j] + 1, row[j + 1] + 1)
            }
        }
        return row[right.count]
    }
}
