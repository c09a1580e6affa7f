/// Text as Linux prints it into `/proc`, `/sys` and cgroups: lines of fields. Whatever the bytes are, reading
/// them ends and never traps.
struct KernelText {
    private(set) var bytes: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
    }

    /// The next line without its end; nil after the last.
    mutating func line() -> KernelText? {
        bytes.isEmpty ? nil : part(upTo: UInt8(ascii: "\n"))
    }

    /// What is before the next `separator`, which is passed over; all of it if there is none.
    mutating func part(upTo separator: UInt8) -> KernelText {
        let end = bytes.firstIndex(of: separator) ?? bytes.endIndex
        defer { bytes = bytes[end...].dropFirst() }
        return KernelText(bytes[..<end])
    }

    /// The next field of a line, between spaces or tabs; nil after the last.
    mutating func field() -> KernelText? {
        guard let start = bytes.firstIndex(where: { !Self.isSpace($0) }) else {
            bytes = []
            return nil
        }
        let end = bytes[start...].firstIndex(where: Self.isSpace) ?? bytes.endIndex
        defer { bytes = bytes[end...] }
        return KernelText(bytes[start..<end])
    }

    /// The next field as a number; nil if there is none, or it is something else.
    mutating func numberField() -> UInt64? { field()?.number }

    /// Passes over fields; nil if there are not so many.
    mutating func skipFields(_ count: Int) -> Void? {
        for _ in 0..<count where field() == nil { return nil }
        return ()
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
    }

    /// All of it as a decimal number that fits; nil if it is something else.
    var number: UInt64? {
        var number: UInt64 = 0
        for byte in bytes {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            let (product, tooLarge) = number.multipliedReportingOverflow(by: 10)
            let (sum, overflow) = product.addingReportingOverflow(UInt64(byte - UInt8(ascii: "0")))
            guard !tooLarge, !overflow else { return nil }
            number = sum
        }
        return bytes.isEmpty ? nil : number
    }

    var string: String { String(decoding: bytes, as: UTF8.self) }

    func hasPrefix(_ prefix: String) -> Bool { bytes.starts(with: prefix.utf8) }

    static func == (left: KernelText, right: String) -> Bool { left.bytes.elementsEqual(right.utf8) }
}
