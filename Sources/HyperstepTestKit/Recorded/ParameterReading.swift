import Hyperstep

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Parameters read back from the JSON that the SDK writes.
///
/// A reader of our own: to JSONDecoder `1.0` and `1e+16` are whole numbers as `1` is, and what was recorded as a
/// ``ParameterValue/double(_:)`` has to come back as one.
struct ParameterReading {
    /// The SDK writes at most 32 levels; deeper than this nothing is read, so that no input can exhaust the stack.
    private static let maxDepth = 64

    /// The members of a JSON object, of a name written twice the last; none where it is not one, or empty text.
    static func object(_ json: String) -> [String: ParameterValue] {
        var reading = ParameterReading(rest: Array(json.utf8)[...])
        guard case .object(let members)? = try? reading.value(depth: 0) else { return [:] }
        reading.skipSpace()
        return reading.rest.isEmpty ? members : [:]
    }

    private struct NotJSON: Error {}

    private var rest: ArraySlice<UInt8>

    private mutating func value(depth: Int) throws -> ParameterValue {
        guard depth <= Self.maxDepth else { throw NotJSON() }
        skipSpace()
        switch rest.first {
        case UInt8(ascii: "{"): return .object(try object(depth: depth))
        case UInt8(ascii: "["): return .array(try array(depth: depth))
        case UInt8(ascii: "\""): return .string(try string())
        default: return try word()
        }
    }

    private mutating func object(depth: Int) throws -> [String: ParameterValue] {
        var members: [String: ParameterValue] = [:]
        try list(until: UInt8(ascii: "}")) { json in
            json.skipSpace()
            let key = try json.string()
            guard json.takes(UInt8(ascii: ":")) else { throw NotJSON() }
            members[key] = try json.value(depth: depth + 1)
        }
        return members
    }

    private mutating func array(depth: Int) throws -> [ParameterValue] {
        var elements: [ParameterValue] = []
        try list(until: UInt8(ascii: "]")) { elements.append(try $0.value(depth: depth + 1)) }
        return elements
    }

    /// What stands between brackets, the opening one of which comes next.
    private mutating func list(until closing: UInt8, _ element: (inout Self) throws -> Void) throws {
        rest.removeFirst()
        if takes(closing) { return }
        repeat { try element(&self) } while takes(UInt8(ascii: ","))
        guard takes(closing) else { throw NotJSON() }
    }

    private mutating func string() throws -> String {
        let quote = UInt8(ascii: "\""), backslash = UInt8(ascii: "\\")
        guard rest.first == quote else { throw NotJSON() }
        var end = rest.startIndex + 1
        var isEscaped = false
        while end < rest.endIndex, rest[end] != quote {
            if rest[end] == backslash { isEscaped = true }
            end += rest[end] == backslash ? 2 : 1
        }
        guard end < rest.endIndex else { throw NotJSON() }
        let quoted = rest[...end]
        rest = rest[(end + 1)...]
        if isEscaped { return try JSONDecoder().decode(String.self, from: Data(quoted)) }
        return String(decoding: quoted.dropFirst().dropLast(), as: UTF8.self)
    }

    /// A number, `true`, `false` or `null`.
    private mutating func word() throws -> ParameterValue {
        let word = rest.prefix { !Self.space.contains($0) && !Self.ends.contains($0) }
        rest = rest[word.endIndex...]
        let text = String(decoding: word, as: UTF8.self)
        switch text {
        case "null": return .null
        case "true": return .bool(true)
        case "false": return .bool(false)
        default:
            // Else `Double` takes the names of what JSON does not have, and hexadecimal digits.
            guard word.allSatisfy(Self.ofNumber.contains) else { throw NotJSON() }
            if let int = Int(text) { return .int(int) }
            guard let double = Double(text) else { throw NotJSON() }
            return .double(double)
        }
    }

    private mutating func takes(_ byte: UInt8) -> Bool {
        skipSpace()
        guard rest.first == byte else { return false }
        rest.removeFirst()
        return true
    }

    private mutating func skipSpace() {
        rest = rest.drop(while: Self.space.contains)
    }

    private static let space = Array(" \t\r\n".utf8)
    private static let ends = Array(",:]}".utf8)
    private static let ofNumber = Array("0123456789+-.eE".utf8)
}
