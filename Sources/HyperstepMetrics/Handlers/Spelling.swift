#if SwiftMetrics
    import HyperstepWire

    /// What a program calls a metric, as it says it: many programs ask for their metrics anew each time, and this finds
    /// them again without making what the database calls them.
    struct Spelling: Hashable {
        let label: String
        let dimensions: [(String, String)]
        let kind: Series.Kind

        /// About as many bytes as the recorder's file has for what a series is called.
        private static let longest = 1_536

        /// Whether it is worth the memory: values that are longer than what is kept of them are data, and mostly differ.
        var isShort: Bool {
            let bytes = dimensions.reduce(label.utf8.count) { $0 + $1.0.utf8.count + $1.1.utf8.count }
            return bytes <= Self.longest
        }

        /// By bytes, as the database tells texts apart.
        static func == (left: Spelling, right: Spelling) -> Bool {
            left.kind == right.kind && left.dimensions.count == right.dimensions.count
                && left.label.utf8.elementsEqual(right.label.utf8)
                && zip(left.dimensions, right.dimensions).allSatisfy { left, right in
                    left.0.utf8.elementsEqual(right.0.utf8) && left.1.utf8.elementsEqual(right.1.utf8)
                }
        }

        /// By texts: those of the same bytes are equal as such, too.
        func hash(into hasher: inout Hasher) {
            hasher.combine(label)
            for (key, value) in dimensions {
                hasher.combine(key)
                hasher.combine(value)
            }
        }
    }
#endif
