import Testing

@testable import HyperstepPolicies

@Suite("Numbers and tables for people")
struct QuantityTests {
    @Test("Counts and bytes are short and rounded where a unit ends")
    func scaled() {
        #expect(Quantity.count(0) == "0")
        #expect(Quantity.count(999) == "999")
        #expect(Quantity.count(999.6) == "1.00 K")
        #expect(Quantity.count(12_345) == "12.3 K")
        #expect(Quantity.count(99_960) == "100 K")
        #expect(Quantity.count(2_100_000) == "2.10 M")
        #expect(Quantity.bytes(8_192) == "8.00 kB")
        #expect(Quantity.bytes(1 << 30) == "1.00 GB")
        #expect(Quantity.bytes(.max) == "8192 PB")
    }

    @Test("Lengths of time take the unit that people would")
    func seconds() {
        #expect(Quantity.seconds(0) == "0 ms")
        #expect(Quantity.seconds(0.0421) == "42 ms")
        #expect(Quantity.seconds(1.25) == "1.3 s")
        #expect(Quantity.seconds(45) == "45 s")
        #expect(Quantity.seconds(600) == "10 min")
        #expect(Quantity.seconds(7_200) == "2.0 h")
        #expect(Quantity.seconds(-90 * 86_400) == "-90 days")
        #expect(Quantity.seconds(.infinity) == "inf days")
    }

    @Test("No count is wider than seven characters")
    func width() {
        var generator = SplitMix(seed: 7)
        for _ in 0..<10_000 {
            let text = Quantity.count(generator.logarithmic(1...9e17))
            #expect(text.count <= 7, "\(text)")
        }
    }

    @Test("A table is as wide as its cells, its numbers to the right, no line ends in blanks")
    func table() {
        var table = TextTable([.init("NAME"), .init("N", number: true), .init("X")])
        table.rows = [["a", "1", ""], ["bcdef", "1000", "y"]]
        #expect(table.lines == ["NAME      N  X", "a         1", "bcdef  1000  y"])
    }

    @Test("Sentences are broken at blanks, and a word too long stands alone")
    func wrap() {
        #expect(
            TextWrap.lines("one two three", width: 9, first: "* ", rest: "  ") == ["* one two", "  three"])
        #expect(TextWrap.lines("abcdefghijkl m", width: 5) == ["abcdefghijkl", "m"])
    }

    @Test("JSON escapes what it has to, and writes no number that JSON lacks")
    func json() {
        let value = JSONText.object([
            ("b", .string("a\"\\\n\u{1}é")), ("a", .array([.null, .number(.nan), .int(3), .bool(true)])),
            ("t", .time(0)), ("i", .time(-.infinity)),
        ])
        #expect(
            value.description
                == #"{"b":"a\"\\\n\u0001é","a":[null,null,3,true],"t":"1970-01-01T00:00:00Z","i":"-infinity"}"#
        )
    }
}
