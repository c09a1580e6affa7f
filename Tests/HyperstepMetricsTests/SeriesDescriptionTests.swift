#if SwiftMetrics
    import HyperstepWire
    import TestRandom
    import Testing

    @testable import HyperstepMetrics

    @Suite("What the database calls a metric")
    struct SeriesDescriptionTests {
        private static func dimensions(_ pairs: [(String, String)]) throws -> [[String]] {
            try SeriesDescription("x", pairs, kind: .counter).series.dimensions.map { [$0.key, $0.value] }
        }

        @Test("What can be stored is kept as it is, dimensions in the order of their bytes")
        func legal() throws {
            let description = try SeriesDescription(
                "grüße.日本", [("é", "1"), ("z", ""), ("A", "x y")], kind: .timer)
            #expect(description.series.name == "grüße.日本" && description.series.unit == "ns")
            #expect(description.series.dimensions.map(\.key) == ["A", "z", "é"] && !description.isChanged)
            let encoded = try description.encoded()
            let decoded = try encoded.withUnsafeBytes { try Series(decoding: $0) }
            #expect(decoded == description.series)
        }

        @Test("Control characters are replaced, long values cut, values of one key joined")
        func changed() throws {
            let control = try SeriesDescription("a\u{0}b\n", [("k\t", "v\u{7F}")], kind: .gauge)
            #expect(control.series.name == "a\u{FFFD}b\u{FFFD}" && control.isChanged)
            #expect(try Self.dimensions([("k\t", "v\u{7F}")]) == [["k\u{FFFD}", "v\u{FFFD}"]])
            let cut = try Self.dimensions([("k", String(repeating: "é", count: 200))])
            #expect(cut[0][1].utf8.count == 255 && cut[0][1].hasSuffix("é…"))
            #expect(
                try Self.dimensions([("b", "2"), ("a", "1"), ("b", "1")]) == [["a", "1"], ["b", "1,2"]])
            // Keys that only a replacement makes the same.
            #expect(
                try Self.dimensions([("a\u{1}", "1"), ("a\u{1}b", "3"), ("a\u{2}", "2")])
                    == [["a\u{FFFD}", "1,2"], ["a\u{FFFD}b", "3"]])
        }

        @Test("What cannot be stored is refused with the reason")
        func refused() {
            func reason(_ label: String, _ dimensions: [(String, String)] = []) -> String? {
                do throws(SeriesDescription.Refusal) {
                    _ = try SeriesDescription(label, dimensions, kind: .counter).encoded()
                    return nil
                } catch {
                    return error.reason
                }
            }
            #expect(reason("") == "its name has 0 bytes, expected 1 to 256")
            #expect(reason(String(repeating: "é", count: 129))?.contains("258 bytes") == true)
            #expect(reason(String(repeating: "x", count: 256)) == nil)
            // Replaced, it is three times as long.
            #expect(reason(String(repeating: "\n", count: 256))?.contains("name") == true)
            #expect(reason("x", [("", "v")])?.contains("key") == true)
            #expect(reason("x", [(String(repeating: "k", count: 257), "v")])?.contains("key") == true)
            #expect(reason("x", (0..<33).map { ("\($0)", "") })?.contains("dimensions") == true)
            let long = String(repeating: "v", count: 250)
            #expect(reason("x", (0..<5).map { ("\($0)", long) })?.contains("1024 bytes") == true)
        }

        @Test("Whatever a program calls a metric, it is refused or stored", arguments: 0..<8)
        func anything(seed: UInt64) throws {
            var generator = Seeded(seed)
            func text() -> String {
                let scalars = (0..<Int.random(in: 0...40, using: &generator)).map { _ in
                    Unicode.Scalar(
                        [UInt32(0)...0x2F, 0x30...0x7F, 0x80...0x3FF, 0x1_F600...0x1_F64F]
                            .randomElement(using: &generator)!.randomElement(using: &generator)!) ?? " "
                }
                let text = String(String.UnicodeScalarView(scalars))
                return String(repeating: text, count: [0, 1, 1, 1, 9].randomElement(using: &generator)!)
            }
            var stored = 0
            for _ in 0..<300 {
                let dimensions = (0..<Int.random(in: 0...6, using: &generator)).map { _ in (text(), text()) }
                do throws(SeriesDescription.Refusal) {
                    let encoded = try SeriesDescription(text(), dimensions, kind: .counter).encoded()
                    stored += 1
                    // What the recorder has room for.
                    #expect(encoded.count <= 1_528)
                    #expect(throws: Never.self) { try encoded.withUnsafeBytes { try Series(decoding: $0) } }
                } catch {
                    #expect(!error.reason.isEmpty)
                }
            }
            #expect(stored > 10)
        }
    }
#endif
