import Foundation
import Testing

@testable import Hyperstep

@Suite("Parameters of other types")
struct ParameterEncodingTests {
    private enum Optimizer: String, Codable { case sgd, adamw }

    private struct Hyperparameters: Codable {
        struct Schedule: Codable {
            var warmup = 100
            var decay: [Float] = [0.9, 0.1]
        }
        var learningRate: Float = 0.1
        var isNested = true
        var seed = UInt64.max
        var optimizer = Optimizer.adamw
        var schedule = Schedule()
        var clip: Double?
        var limits = ["a": Double.nan, "b": -.infinity]
        var began = Date(timeIntervalSince1970: 1_767_225_600.25)
        var source = URL(string: "https://example.org/data")
    }

    @Test("Whole numbers of any type stay what they are")
    func integers() {
        #expect(ParameterValue(Int8(-5)) == .int(-5))
        #expect(ParameterValue(Int.min) == .int(.min) && ParameterValue(UInt64(Int.max)) == .int(.max))
        #expect(ParameterValue(UInt64(1) << 63) == .double(0x1p63))
        #expect(ParameterValue(UInt64.max) == .string("18446744073709551615"))
        #expect(ParameterValue(Int128.min) == .double(-0x1p127))
        #expect(ParameterValue(Int128.max) == .string("170141183460469231731687303715884105727"))
    }

    @Test("A Float is the double that is written alike, and every one reads back as itself")
    func floats() throws {
        #expect(ParameterValue(Float(0.1)) == .double(0.1) && ParameterValue(0.1) == .double(0.1))
        #expect(ParameterValue(-Float.infinity) == .double(-.infinity))
        guard case .double(let nan) = ParameterValue(Float.nan) else {
            Issue.record("NaN is no double")
            return
        }
        #expect(nan.isNaN)
        for bits in stride(from: UInt32(0), to: 0x7f80_0000, by: 65_521) {
            let float = Float(bitPattern: bits)
            guard case .double(let double) = ParameterValue(float) else {
                Issue.record("\(float) is no double")
                return
            }
            #expect(Float(double).bitPattern == bits)
        }
    }

    @Test("A struct is the object of its properties, whatever they are")
    func encodable() throws {
        let parameters = try [String: ParameterValue](encoding: Hyperparameters())
        let limits = try #require(parameters["limits"])
        guard case .object(let members) = limits, case .double(let nan) = members["a"] else {
            Issue.record("\(limits)")
            return
        }
        #expect(nan.isNaN && members["b"] == .double(-.infinity))
        #expect(
            parameters.filter { $0.key != "limits" } == [
                "learningRate": 0.1, "isNested": true, "seed": .string("\(UInt64.max)"), "optimizer": "adamw",
                "schedule": ["warmup": 100, "decay": [0.9, 0.1]], "began": "2026-01-01T00:00:00.250Z",
                "source": "https://example.org/data",
            ])
    }

    @Test("Arrays, texts and dictionaries are values, and no parameters of their own unless they have names")
    func others() throws {
        #expect(try ParameterValue(encoding: [1, nil, 3]) == [1, nil, 3])
        #expect(try ParameterValue(encoding: "text") == "text")
        #expect(try ParameterValue(encoding: Decimal(string: "0.1")) == 0.1)
        let long = "0.1234567890123456789012345"
        #expect(try ParameterValue(encoding: Decimal(string: long)) == .string(long))
        #expect(try ParameterValue(encoding: Data([0, 255])) == "AP8=")
        #expect(try ParameterValue(encoding: [[String]]()) == [])
        #expect(try [String: ParameterValue](encoding: ["a": 1.5]) == ["a": 1.5])
        #expect(try [String: ParameterValue](encoding: [String: Int]()) == [:])
        #expect(throws: EncodingError.self) { try [String: ParameterValue](encoding: [1]) }
    }

    private class Base: Encodable {
        var base = 1
    }

    private final class Derived: Base {
        private enum Key: CodingKey { case own, list, pair }

        override func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: Key.self)
            try super.encode(to: container.superEncoder())
            try container.encodeNil(forKey: .own)
            var list = container.nestedUnkeyedContainer(forKey: .list)
            try list.encode(1)
            var inner = list.nestedUnkeyedContainer()
            try inner.encode("x")
            var pair = list.nestedContainer(keyedBy: Key.self)
            try pair.encode(list.count, forKey: .pair)
        }
    }

    @Test("What encodes itself by hand is taken as it says")
    func byHand() throws {
        #expect(
            try ParameterValue(encoding: Derived())
                == ["super": ["base": 1], "own": nil, "list": [1, ["x"], ["pair": 3]]])
    }

    private final class Endless: Encodable {
        enum Way: CaseIterable { case itself, keyed, unkeyed, elements, containers }
        private enum Key: CodingKey { case next }
        let way: Way
        init(_ way: Way) { self.way = way }

        func encode(to encoder: any Encoder) throws {
            switch way {
            case .itself:
                var container = encoder.singleValueContainer()
                try container.encode(self)
            case .keyed:
                var container = encoder.container(keyedBy: Key.self)
                try container.encode(self, forKey: .next)
            case .unkeyed:
                var container = encoder.unkeyedContainer()
                try container.encode(self)
            case .elements:
                var container = encoder.unkeyedContainer()
                while true { try container.encode("element") }
            case .containers:
                var container = encoder.unkeyedContainer()
                for _ in 0..<1_000 { container = container.nestedUnkeyedContainer() as! UnkeyedParameters }
            }
        }
    }

    @Test("What refers to itself or has no end is refused", arguments: Endless.Way.allCases)
    private func endless(way: Endless.Way) throws {
        #expect(throws: EncodingError.self) { try ParameterValue(encoding: Endless(way)) }
    }

    @Test("What is too long for any run is refused, and what is nested as deep as may be is recorded")
    func limits() throws {
        let long = String(repeating: "x", count: 65_536)
        #expect(throws: EncodingError.self) { try ParameterValue(encoding: [long]) }
        #expect(try ParameterValue(encoding: String(long.dropLast())) == .string(String(long.dropLast())))

        indirect enum Nested: Encodable {
            case leaf
            case list(Nested)
            func encode(to encoder: any Encoder) throws {
                switch self {
                case .leaf:
                    var container = encoder.singleValueContainer()
                    try container.encode(1)
                case .list(let inner):
                    var container = encoder.unkeyedContainer()
                    try container.encode(inner)
                }
            }
        }
        func parameters(depth: Int) throws -> [String: ParameterValue] {
            try .init(encoding: ["k": (1..<depth).reduce(Nested.leaf) { nested, _ in .list(nested) }])
        }
        let deepest = try #require(try parameters(depth: 32)["k"])
        #expect(try ParameterJSON.member("k", deepest, limit: 1_000).count == 4 + 31 + 1 + 31)
        #expect(throws: EncodingError.self) { try parameters(depth: 33) }
    }
}
