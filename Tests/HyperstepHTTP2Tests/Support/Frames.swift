import NIOCore

/// HTTP/2 frames made by hand, byte for byte after RFC 9113, so that the tests do not ask libnghttp2 whether
/// libnghttp2 is right.
enum Frames {
    static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
    static let opening = preface + settings()

    static let endStream: UInt8 = 0x1
    static let endHeaders: UInt8 = 0x4

    static func frame(_ type: UInt8, flags: UInt8 = 0, stream: UInt32 = 0, _ payload: [UInt8] = []) -> [UInt8]
    {
        let length = UInt32(payload.count)
        return [UInt8(length >> 16 & 0xFF), UInt8(length >> 8 & 0xFF), UInt8(length & 0xFF), type, flags]
            + bytes(stream) + payload
    }

    static func data(_ stream: UInt32, _ payload: [UInt8], end: Bool = false) -> [UInt8] {
        frame(0, flags: end ? endStream : 0, stream: stream, payload)
    }

    static func headers(_ stream: UInt32, _ fields: [(String, String)], end: Bool = false) -> [UInt8] {
        frame(1, flags: endHeaders | (end ? endStream : 0), stream: stream, block(fields))
    }

    static func request(
        _ stream: UInt32, method: String = "POST", path: String = "/", _ more: [(String, String)] = [],
        end: Bool = false
    ) -> [UInt8] {
        let pseudo = [
            (":method", method), (":scheme", "http"), (":authority", "test"), (":path", path),
        ]
        return headers(stream, pseudo + more, end: end)
    }

    static func reset(_ stream: UInt32, code: UInt32 = 8) -> [UInt8] { frame(3, stream: stream, bytes(code)) }
    static func settings(ack: Bool = false) -> [UInt8] { frame(4, flags: ack ? 1 : 0) }
    static func settings(_ id: UInt16, _ value: UInt32) -> [UInt8] {
        frame(4, [UInt8(id >> 8), UInt8(id & 0xFF)] + bytes(value))
    }
    static func ping(ack: Bool = false) -> [UInt8] {
        frame(6, flags: ack ? 1 : 0, [UInt8](repeating: 0, count: 8))
    }
    static func goAway(last: UInt32, code: UInt32 = 0) -> [UInt8] { frame(7, bytes(last) + bytes(code)) }
    static func windowUpdate(_ stream: UInt32, _ increment: UInt32) -> [UInt8] {
        frame(8, stream: stream, bytes(increment))
    }

    /// HPACK without table and Huffman code: literal fields, never indexed (RFC 7541, 6.2.3).
    static func block(_ fields: [(String, String)]) -> [UInt8] {
        fields.flatMap { [0x10] + text($0.0) + text($0.1) }
    }

    private static func text(_ text: String) -> [UInt8] {
        let bytes = Array(text.utf8)
        guard bytes.count >= 127 else { return [UInt8(bytes.count)] + bytes }
        var (rest, length): (Int, [UInt8]) = (bytes.count - 127, [127])
        while rest >= 128 {
            length.append(UInt8(rest & 127 | 128))
            rest >>= 7
        }
        return length + [UInt8(rest)] + bytes
    }

    private static func bytes(_ value: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(value >> (24 - 8 * $0) & 0xFF) }
    }
}

/// A frame as it was found in a peer's output.
struct ParsedFrame {
    let type: UInt8
    let flags: UInt8
    let stream: UInt32
    let payload: [UInt8]

    /// All whole frames at the front of the bytes.
    static func parse(_ bytes: [UInt8]) -> [ParsedFrame] {
        var frames: [ParsedFrame] = []
        var rest = bytes[...]
        while rest.count >= 9 {
            let head = Array(rest.prefix(9))
            let length = Int(head[0]) << 16 | Int(head[1]) << 8 | Int(head[2])
            guard rest.count >= 9 + length else { break }
            let stream = head[5...8].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            frames.append(
                ParsedFrame(
                    type: head[3], flags: head[4], stream: stream,
                    payload: Array(rest.dropFirst(9).prefix(length))))
            rest = rest.dropFirst(9 + length)
        }
        return frames
    }

    /// The big-endian number at an offset of the payload.
    func number(at offset: Int) -> UInt32 {
        payload.dropFirst(offset).prefix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    }
}
