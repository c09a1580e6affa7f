/// Parameters as JSON text, within bounds: what a run's events carry.
///
/// A writer of our own: JSONEncoder traps on nothing but would throw on NaN, needs all of Foundation, and has no
/// bound on what it writes.
struct ParameterJSON {
    /// Deeper than this a value is refused, so that no input can exhaust the stack.
    static let maxDepth = 32

    /// Why a value was refused.
    enum Refusal: Error, Equatable {
        case tooLarge
        case tooDeep
    }

    private(set) var bytes: [UInt8] = []
    private let limit: Int

    /// The member `"key":value` of an object, in at most `limit` bytes.
    static func member(_ key: String, _ value: ParameterValue, limit: Int) throws(Refusal) -> [UInt8] {
        var json = ParameterJSON(limit: limit)
        try json.write(key)
        try json.write(byte: UInt8(ascii: ":"))
        try json.write(value, depth: 1)
        return json.bytes
    }

    /// An object of members that were written by ``member(_:_:limit:)``.
    static func object(_ members: some Sequence<[UInt8]>) -> String {
        "{" + String(decoding: Array(members.joined(separator: [UInt8(ascii: ",")])), as: UTF8.self) + "}"
    }

    private init(limit: Int) {
        self.limit = limit
    }

    private mutating func write(_ value: ParameterValue, depth: Int) throws(Refusal) {
        if depth > Self.maxDepth { throw .tooDeep }
        switch value {
        case .null: try write(raw: "null")
        case .bool(let value): try write(raw: value ? "true" : "false")
        case .int(let value): try write(raw: value.description)
        case .double(let value): try write(value)
        case .string(let value): try write(value)
        case .array(let elements):
            try write(list: elements, between: "[", and: "]") { json, element throws(Refusal) in
                try json.write(element, depth: depth + 1)
            }
        case .object(let members):
            // Sorted, so that equal parameters are equal text.
            let sorted = members.sorted { $0.key < $1.key }
            try write(list: sorted, between: "{", and: "}") { json, member throws(Refusal) in
                try json.write(member.key)
                try json.write(byte: UInt8(ascii: ":"))
                try json.write(member.value, depth: depth + 1)
            }
        }
    }

    private mutating func write<Element>(
        list: [Element], between opening: Unicode.Scalar, and closing: Unicode.Scalar,
        _ writeElement: (inout Self, Element) throws(Refusal) -> Void
    ) throws(Refusal) {
        try write(byte: UInt8(ascii: opening))
        for (index, element) in list.enumerated() {
            if index > 0 { try write(byte: UInt8(ascii: ",")) }
            try writeElement(&self, element)
        }
        try write(byte: UInt8(ascii: closing))
    }

    private mutating func write(_ value: Double) throws(Refusal) {
        if value.isFinite {
            try write(raw: value.description)  // the shortest text that reads back as the same number
        } else if value.isNaN {
            try write(raw: "\"NaN\"")
        } else {
            try write(raw: value < 0 ? "\"-Infinity\"" : "\"Infinity\"")
        }
    }

    private mutating func write(_ text: String) throws(Refusal) {
        try write(byte: UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case 0: try write(raw: "\u{FFFD}")  // PostgreSQL's text and jsonb have no U+0000
            case UInt8(ascii: "\""): try write(raw: "\\\"")
            case UInt8(ascii: "\\"): try write(raw: "\\\\")
            case 1..<0x20:
                try write(raw: byte < 0x10 ? "\\u000" : "\\u00")
                try write(raw: String(byte, radix: 16))
            default: try write(byte: byte)
            }
        }
        try write(byte: UInt8(ascii: "\""))
    }

    private mutating func write(raw text: String) throws(Refusal) {
        for byte in text.utf8 { try write(byte: byte) }
    }

    private mutating func write(byte: UInt8) throws(Refusal) {
        if bytes.count >= limit { throw .tooLarge }
        bytes.append(byte)
    }
}
