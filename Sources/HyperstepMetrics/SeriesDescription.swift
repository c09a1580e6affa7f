#if SwiftMetrics
    import HyperstepWire

    /// What the database calls a metric, made of what its program calls it.
    struct SeriesDescription {
        let series: Series
        /// Whether the program's names were changed so that they can be stored.
        let isChanged: Bool

        /// Why a metric cannot be stored, for the log.
        struct Refusal: Error {
            let reason: String
        }

        /// Longer values of dimensions are cut: what is in them is mostly data, not a name.
        static let longestValue = 256

        /// The series of a label and dimensions in any order. Control characters are replaced, long values cut, and
        /// values of a key that comes twice joined.
        ///
        /// - Throws: a refusal where that is not enough.
        init(_ label: String, _ dimensions: [(String, String)], kind: Series.Kind) throws(Refusal) {
            guard (1...WireLimits.maxNameBytes).contains(label.utf8.count) else {
                throw Refusal(
                    reason: "its name has \(label.utf8.count) bytes, expected 1 to \(WireLimits.maxNameBytes)"
                )
            }
            var texts = LegalTexts()
            // Replaced before they are sorted: it may bring keys together.
            let pairs = dimensions.map { (texts.legal($0.0), texts.legal($0.1)) }.sorted(
                by: Self.areAscending)
            var legal: [Series.Dimension] = []
            for (key, value) in pairs {
                if let last = legal.last, last.key.utf8.elementsEqual(key.utf8) {
                    legal[legal.count - 1].value = texts.short(last.value + "," + value)
                    texts.isChanged = true
                } else {
                    legal.append(.init(key: key, value: texts.short(value)))
                }
            }
            series = Series(
                name: texts.legal(label), kind: kind, unit: kind == .timer ? "ns" : "", dimensions: legal)
            isChanged = texts.isChanged
        }

        /// As the recorder's file holds it.
        ///
        /// - Throws: a refusal where the contract has no room for it.
        func encoded() throws(Refusal) -> [UInt8] {
            do {
                return try series.encoded()
            } catch {
                throw Refusal(reason: "\(error.field): \(error.reason)")
            }
        }

        private static func areAscending(_ left: (String, String), _ right: (String, String)) -> Bool {
            if left.0.utf8.elementsEqual(right.0.utf8) {
                return left.1.utf8.lexicographicallyPrecedes(right.1.utf8)
            }
            return left.0.utf8.lexicographicallyPrecedes(right.0.utf8)
        }
    }

    /// Texts made such that they can be stored, and whether one had to be changed for it.
    private struct LegalTexts {
        var isChanged = false

        /// Control characters replaced.
        mutating func legal(_ text: String) -> String {
            guard text.unicodeScalars.contains(where: Self.isControl) else { return text }
            isChanged = true
            let scalars = text.unicodeScalars.map { Self.isControl($0) ? "\u{FFFD}" : $0 }
            return String(String.UnicodeScalarView(scalars))
        }

        /// Cut where it is too long for a value.
        mutating func short(_ text: String) -> String {
            guard text.utf8.count > SeriesDescription.longestValue else { return text }
            isChanged = true
            return text.truncated(toBytes: SeriesDescription.longestValue - 3) + "…"
        }

        private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
            scalar.properties.generalCategory == .control
        }
    }
#endif
