import CHyperstepProto

#if canImport(FoundationEssentials)
    import struct FoundationEssentials.UUID
#else
    import struct Foundation.UUID
#endif

/// Unpacks one message of the contract and reads its fields with their names, so that whatever is wrong
/// is reported by the field's path.
enum MessageReader {
    /// Unpacks `bytes` and gives `body` the C struct, which lives as long as the call.
    static func unpack<Message, R>(
        _ bytes: UnsafeRawBufferPointer,
        with unpack: (UnsafeMutablePointer<ProtobufCAllocator>, Int, UnsafePointer<UInt8>)
            -> UnsafeMutablePointer<Message>?,
        named name: String, _ body: (borrowing Message) throws(WireError) -> R
    ) throws(WireError) -> R {
        let arena = Arena(limit: WireLimits.maxArenaBytes)
        // protobuf-c wants an address even for no bytes.
        var nothing: UInt8 = 0
        let message = withUnsafePointer(to: &nothing) { nothing in
            arena.withAllocator { allocator in
                unpack(
                    allocator, bytes.count,
                    bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? nothing)
            }
        }
        guard let message else {
            throw WireError(
                field: "",
                reason: arena.isExhausted
                    ? "decoding takes more than \(WireLimits.maxArenaBytes) bytes of memory"
                    : "these \(bytes.count) bytes are not a protobuf message \(name)")
        }
        defer { withExtendedLifetime(arena) {} }
        return try body(message.pointee)
    }

    /// A UUID of 16 bytes.
    static func uuid(_ data: ProtobufCBinaryData, _ field: String) throws(WireError) -> UUID {
        guard data.len == 16, let bytes = data.data else {
            throw WireError(field: field, reason: "expected a UUID of 16 bytes, got \(data.len) bytes")
        }
        return UUID(uuid: UnsafeRawPointer(bytes).loadUnaligned(as: uuid_t_.self))
    }

    /// A UUID of 16 bytes, or nil where there are none.
    static func optionalUUID(_ data: ProtobufCBinaryData, _ field: String) throws(WireError) -> UUID? {
        data.len == 0 ? nil : try uuid(data, field)
    }

    /// UTF-8 text of `length` bytes.
    static func text(
        _ pointer: UnsafeMutablePointer<CChar>?, _ field: String, length: ClosedRange<Int>
    ) throws(WireError) -> String {
        guard let text = pointer.map({ String(validatingCString: $0) }) ?? "" else {
            throw WireError(field: field, reason: "expected UTF-8 text")
        }
        guard length.contains(text.utf8.count) else {
            throw WireError(
                field: field,
                reason: "expected \(length.lowerBound) to \(length.upperBound) bytes of text, "
                    + "got \(text.utf8.count)")
        }
        return text
    }

    /// An attempt or a rank: 0 to 32,767.
    static func small(_ value: UInt32, _ field: String) throws(WireError) -> Int16 {
        guard let small = Int16(exactly: value) else {
            throw WireError(field: field, reason: "expected 0 to \(Int16.max), got \(value)")
        }
        return small
    }

    /// A time: 0 or later.
    static func time(_ nanoseconds: Int64, _ field: String) throws(WireError) -> Int64 {
        try FieldRules.time(nanoseconds, field)
        return nanoseconds
    }

    /// Texts of `length` bytes, `limit` of them at most.
    static func texts(
        _ pointer: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?, _ count: Int, _ field: String,
        atMost limit: Int, length: ClosedRange<Int>
    ) throws(WireError) -> [String] {
        try FieldRules.length(count, field, atMost: limit)
        var texts: [String] = []
        for (index, element) in UnsafeBufferPointer(start: pointer, count: count).enumerated() {
            texts.append(try text(element, "\(field)[\(index)]", length: length))
        }
        return texts
    }

    /// Messages, `limit` of them at most, each read with its path.
    static func messages<Message, R>(
        _ pointer: UnsafeMutablePointer<UnsafeMutablePointer<Message>?>?, _ count: Int, _ field: String,
        atMost limit: Int, _ read: (borrowing Message, String) throws(WireError) -> R
    ) throws(WireError) -> [R] {
        try FieldRules.length(count, field, atMost: limit)
        var messages: [R] = []
        messages.reserveCapacity(count)
        for (index, message) in UnsafeBufferPointer(start: pointer, count: count).enumerated() {
            guard let message else { continue }
            messages.append(try read(message.pointee, "\(field)[\(index)]"))
        }
        return messages
    }

    /// A repeated field as an array.
    static func array<Element: BitwiseCopyable>(
        _ pointer: UnsafeMutablePointer<Element>?, _ count: Int
    ) -> [Element] {
        pointer.map { Array(UnsafeBufferPointer(start: $0, count: count)) } ?? []
    }
}

/// The tuple inside Foundation's UUID.
private typealias uuid_t_ = (
    UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8,
    UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8
)
