extension String {
    /// The longest beginning of whole characters in at most `limit` bytes, and nothing from a U+0000 on.
    package func truncated(toBytes limit: Int) -> String {
        var bytes = 0
        let end = unicodeScalars.firstIndex { scalar in
            bytes += UTF8.width(scalar)
            return bytes > limit || scalar.value == 0
        }
        return String(self[..<(end ?? endIndex)])
    }
}
