#if SwiftMetrics
    import HyperstepWire

    /// What a program calls a metric, as it says it: many programs ask for their metrics anew each time, and this finds
    /// them again without making what the database calls them.
    struct Spelling: Hashable {
        let label: String
        let dimensions: [(String, String)]
        let kind: Series.Kind

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
