import Foundation
import TestRandom
import Testing

@testable import Hyperstep

@Suite("Parameters as JSON")
struct ParameterJSONTests {
    private func json(_ value: ParameterValue, limit: Int = 1 << 20) throws -> String {
        ParameterJSON.object([try ParameterJSON.member("k", value, limit: limit)])
    }

    @Test("Literals are written as they stand")
    func literals() throws {
        let value: ParameterValue = [
            "name": "adamw", "betas": [0.9, 0.999], "steps": 3, "nesterov": false, "clip": nil,
        ]
        #expect(
            try json(value)
                == #"{"k":{"betas":[0.9,0.999],"clip":null,"name":"adamw","nesterov":false,"steps":3}}"#)
    }

    @Test("Numbers that JSON lacks become their names")
    func nonFinite() throws {
        #expect(
            try json([.double(.nan), .double(.infinity), .double(-.infinity), .double(.signalingNaN)])
                == #"{"k":["NaN","Infinity","-Infinity","NaN"]}"#)
    }

    @Test("Quotes, backslashes and control characters are escaped, and U+0000 is replaced")
    func escapes() throws {
        #expect(
            try json(.string("\"\\\n\u{1}\u{1F}\u{0}é"))
                == "{\"k\":\"\\\"\\\\\\u000a\\u0001\\u001f\u{FFFD}é\"}")
    }

    @Test("Any value reads back as it was", arguments: 0..<200 as Range<UInt64>)
    func roundTrip(seed: UInt64) throws {
        var random = Seeded(seed)
        let value = ParameterValue.random(depth: 4, using: &random)
        let parsed = try JSONDecoder().decode([String: ParsedJSON].self, from: Data(json(value).utf8))
        #expect(parsed.count == 1)
        #expect(value.matches(try #require(parsed["k"])), "\(value) became \(parsed)")
    }

    @Test("A value that is too large is refused, and one that just fits is not")
    func tooLarge() throws {
        // "k":"…" takes six bytes besides the text.
        #expect(try json(.string(String(repeating: "a", count: 94)), limit: 100).count == 102)
        #expect(throws: ParameterJSON.Refusal.tooLarge) {
            try json(.string(String(repeating: "a", count: 95)), limit: 100)
        }
    }

    @Test("A value nested too deep is refused, whatever its depth")
    func tooDeep() throws {
        func nested(_ depth: Int) -> ParameterValue {
            (1..<depth).reduce(.array([])) { value, _ in .array([value]) }
        }
        #expect(try json(nested(32)).utf8.count(where: { $0 == UInt8(ascii: "[") }) == 32)
        #expect(throws: ParameterJSON.Refusal.tooDeep) { try json(nested(33)) }
        #expect(throws: ParameterJSON.Refusal.tooDeep) { try json(nested(5000)) }
    }
}

extension ParameterValue {
    static func random(depth: Int, using random: inout Seeded) -> ParameterValue {
        switch Int.random(in: 0..<(depth > 0 ? 7 : 5), using: &random) {
        case 0: return .null
        case 1: return .bool(.random(using: &random))
        case 2:
            return .int(
                [.min, .max, 0, -1, Int(truncatingIfNeeded: random.next())].randomElement(using: &random)!)
        case 3:
            let double = Double(bitPattern: random.next())
            return .double(double.isFinite ? double : 0.1)
        case 4: return .string(text(using: &random))
        case 5:
            return .array(
                (0..<Int.random(in: 0...4, using: &random)).map { _ in
                    .random(depth: depth - 1, using: &random)
                })
        default:
            var members: [String: ParameterValue] = [:]
            for _ in 0..<Int.random(in: 0...4, using: &random) {
                members[text(using: &random)] = .random(depth: depth - 1, using: &random)
            }
            return .object(members)
        }
    }

    private static func text(using random: inout Seeded) -> String {
        let scalars: [ClosedRange<UInt32>] = [1...0x7F, 0x80...0x7FF, 0x800...0xD7FF, 0x10000...0x10FFFF]
        var text = ""
        for _ in 0..<Int.random(in: 0...12, using: &random) {
            let value = UInt32.random(in: scalars.randomElement(using: &random)!, using: &random)
            text.unicodeScalars.append(Unicode.Scalar(value) ?? "x")
        }
        return text
    }

    func matches(_ parsed: ParsedJSON) -> Bool {
        switch (self, parsed) {
        case (.null, .null): true
        case (.bool(let value), .bool(let parsed)): value == parsed
        case (.int(let value), .int(let parsed)): value == parsed
        case (.double(let value), .double(let parsed)): value == parsed
        case (.double(let value), .int(let parsed)): value == Double(parsed)
        // By their bytes: Swift's == would take a composed for a decomposed character.
        case (.string(let value), .string(let parsed)): Array(value.utf8) == Array(parsed.utf8)
        case (.array(let elements), .array(let parsed)):
            elements.count == parsed.count && zip(elements, parsed).allSatisfy { $0.matches($1) }
        case (.object(let members), .object(let parsed)):
            members.count == parsed.count
                && members.allSatisfy { key, value in parsed[key].map(value.matches) ?? false }
        default: false
        }
    }
}

/// What Foundation reads.
enum ParsedJSON: Decodable {
    case null
    case bool(Bool)
    case int(Int)
    case double(Double)
    case string(String)
    case array([ParsedJSON])
    case object([String: ParsedJSON])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Int.self) {
            self = .int(value)
        } else if let value = try? container.decode(Double.self) {
            self = .double(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([ParsedJSON].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: ParsedJSON].self))
        }
    }
}
