import Hyperstep
import Testing

@testable import HyperstepTestKit

@Suite("Parameters as a test's collector reads them")
struct ParameterReadingTests {
    private func read(_ value: String) -> ParameterValue? {
        ParameterReading.object(#"{"a":\#(value)}"#)["a"]
    }

    @Test(
        "A number with a fraction or an exponent is a double, whole or not, and another one an int",
        arguments: [
            ("0.0", .double(0)), ("1.0", .double(1)), ("-0.0", .double(-0.0)), ("1e+16", .double(1e16)),
            ("5e-324", .double(.leastNonzeroMagnitude)),
            ("1.7976931348623157e+308", .double(.greatestFiniteMagnitude)),
            ("0", .int(0)), ("-1", .int(-1)), ("9223372036854775807", .int(.max)),
            ("-9223372036854775808", .int(.min)), ("9223372036854775808", .double(0x1p63)),
        ] as [(String, ParameterValue)])
    func numbers(text: String, expected: ParameterValue) {
        #expect(read(text) == expected)
        // Zeros of both signs are equal.
        if case .double(let number)? = read(text) { #expect((number.sign == .minus) == text.hasPrefix("-")) }
        #expect(read("[[ \(text) ],{ \"b\" : \(text)\n}]") == [[expected], ["b": expected]])
    }

    @Test(
        "Texts are texts, whatever they look like",
        arguments: [
            (#""NaN""#, "NaN"), (#""1.0""#, "1.0"), (#""""#, ""), (#""é🙂""#, "é🙂"),
            (#""a\"b\\c\/\n\u0001\u00e9\ud83d\ude42""#, "a\"b\\c/\n\u{1}é🙂"), (#""{\"a\":[1,","#, nil),
            (#""],}:""#, "],}:"), (#""\\""#, "\\"), (#""\""#, nil), (#""\ud83d""#, nil),
        ] as [(String, String?)])
    func texts(text: String, expected: String?) {
        #expect(read(text) == expected.map(ParameterValue.string))
    }

    @Test(
        "Of what is no object of JSON nothing is read",
        arguments: [
            "", " ", "1", "[]", "{", "{}}", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "{\"a\":nan}",
            "{\"a\":inf}", "{\"a\":0x10}", "{\"a\":1 2}", "{\"a\":[1,]}", "{\"a\":[1}", "{\"a\":\"",
            "{\"a\":" + String(repeating: "[", count: 100_000),
        ])
    func nonsense(text: String) {
        #expect(ParameterReading.object(text).isEmpty)
    }

    @Test("Empty objects and arrays, words, and of a name written twice the last")
    func rest() {
        #expect(
            ParameterReading.object(#" { "a" : {} , "b":[ ],"c":null,"d":true,"e":false,"d":2 } "#)
                == ["a": [:], "b": [], "c": nil, "d": 2, "e": false])
    }
}
