/// What a field must look like to be sent over HTTP/2 (RFC 9110, 5; RFC 9113, 8.2). What arrives is checked by
/// libnghttp2; what leaves is checked here, because there libnghttp2 trusts its caller.
enum HeaderValidation {
    /// Fields that belong to one HTTP/1 connection and make a message malformed in HTTP/2.
    private static let connectionSpecific: Set<String> = [
        "connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade",
    ]

    /// Why these fields cannot be sent, or nil.
    static func complaint(about headers: HTTP2Headers) -> String? {
        for header in headers {
            if !isName(header.name) {
                return "header name \(quoted(header.name)) is not a lower-case token"
            }
            if connectionSpecific.contains(header.name) {
                return "header \(header.name) has no place in HTTP/2"
            }
            if !isValue(header.value) {
                return "the value of header \(header.name) has a control character or outer white space"
            }
        }
        return nil
    }

    /// A token (RFC 9110, 5.6.2) without upper-case letters.
    static func isName(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.allSatisfy { isTokenByte($0) && !(0x41...0x5A).contains($0) }
    }

    /// A method: a token, in any case.
    static func isMethod(_ method: String) -> Bool {
        !method.isEmpty && method.utf8.allSatisfy(isTokenByte)
    }

    /// Bytes that may stand in `:path` and `:authority`: visible and ASCII.
    static func isVisible(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }

    /// No control characters but the tab, and no white space at either end.
    static func isValue(_ value: String) -> Bool {
        let bytes = value.utf8
        if let first = bytes.first, let last = bytes.last, isBlank(first) || isBlank(last) { return false }
        return bytes.allSatisfy { $0 == 0x09 || ($0 >= 0x20 && $0 != 0x7F) }
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        case UInt8(ascii: "!"), UInt8(ascii: "#"), UInt8(ascii: "$"), UInt8(ascii: "%"), UInt8(ascii: "&"),
            UInt8(ascii: "'"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: "^"), UInt8(ascii: "_"), UInt8(ascii: "`"), UInt8(ascii: "|"), UInt8(ascii: "~"):
            true
        default: false
        }
    }

    private static func quoted(_ text: String) -> String { String(reflecting: String(text.prefix(64))) }
}
