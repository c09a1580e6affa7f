/// Protobuf by hand, for what our own encoder does not write.
struct RawMessage {
    private(set) var bytes: [UInt8] = []

    /// A batch of `positions` positions with one field of records.
    static func batch(_ records: Int, positions: UInt64 = 1, _ content: RawMessage) -> [UInt8] {
        RawMessage().bytes(1, Array(repeating: 7, count: 16)).number(3, positions).message(records, content)
            .bytes
    }

    static let id: [UInt8] = Array(repeating: 9, count: 16)

    func number(_ field: Int, _ value: UInt64) -> RawMessage {
        adding(Self.varint(UInt64(field) << 3) + Self.varint(value))
    }

    func fixed(_ field: Int, _ value: UInt64) -> RawMessage {
        adding(Self.varint(UInt64(field) << 3 | 1) + Self.bytes(of: value))
    }

    func bytes(_ field: Int, _ content: [UInt8]) -> RawMessage {
        adding(Self.varint(UInt64(field) << 3 | 2) + Self.varint(UInt64(content.count)) + content)
    }

    func text(_ field: Int, _ text: String) -> RawMessage { bytes(field, Array(text.utf8)) }

    func message(_ field: Int, _ message: RawMessage) -> RawMessage { bytes(field, message.bytes) }

    func packed(_ field: Int, _ values: [UInt64]) -> RawMessage { bytes(field, values.flatMap(Self.varint)) }

    func packedFixed(_ field: Int, _ values: [UInt64]) -> RawMessage {
        bytes(field, values.flatMap { Self.bytes(of: $0) })
    }

    private func adding(_ more: [UInt8]) -> RawMessage {
        var copy = self
        copy.bytes += more
        return copy
    }

    private static func bytes(of value: UInt64) -> [UInt8] { (0..<8).map { UInt8(value >> ($0 * 8) & 0xFF) } }

    private static func varint(_ value: UInt64) -> [UInt8] {
        var (bytes, rest) = ([UInt8](), value)
        while rest > 0x7F {
            bytes.append(UInt8(rest & 0x7F) | 0x80)
            rest >>= 7
        }
        return bytes + [UInt8(rest)]
    }
}
