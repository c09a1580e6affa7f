/// Text from a file, as an error may show it.
enum PolicyText {
    /// On one line, and no longer than a person reads.
    static func bare(_ text: String) -> String {
        let start = text.unicodeScalars.prefix(60).map {
            $0.properties.generalCategory == .control ? " " : $0
        }
        var shown = String.UnicodeScalarView()
        shown.append(contentsOf: start)
        return text.unicodeScalars.count > start.count ? "\(String(shown))…" : String(shown)
    }

    /// The same in quotes.
    static func quoted(_ text: String) -> String { "\"\(bare(text))\"" }
}
