import CHyperstepProto

#if canImport(FoundationEssentials)
    import struct FoundationEssentials.UUID
#else
    import struct Foundation.UUID
#endif

/// Fills protobuf-c's structs from Swift values and packs them.
///
/// The structs point at arena memory that the writer owns, so nothing of them outlives `bytes(of:)`.
struct MessageWriter {
    // Encoding is of our own values, whose sizes the callers have checked: the limit is a backstop.
    private let arena = Arena(limit: 4 * WireLimits.maxArenaBytes)

    /// A message in arena memory, set to its defaults.
    func make<Message>(_ initialise: (UnsafeMutablePointer<Message>) -> Void) -> UnsafeMutablePointer<Message>
    {
        let message = memory(MemoryLayout<Message>.size).bindMemory(to: Message.self, capacity: 1)
        initialise(message)
        return message
    }

    /// A copy of `values`, nil when there are none.
    func copy<Element: BitwiseCopyable>(_ values: [Element]) -> UnsafeMutablePointer<Element>? {
        values.isEmpty ? nil : build(count: values.count) { $0.update(from: values, count: values.count) }
    }

    /// An array that `fill` writes.
    func build<Element: BitwiseCopyable>(
        count: Int, _ fill: (UnsafeMutablePointer<Element>) -> Void
    ) -> UnsafeMutablePointer<Element> {
        let pointer = memory(count * MemoryLayout<Element>.stride)
            .bindMemory(to: Element.self, capacity: max(count, 1))
        fill(pointer)
        return pointer
    }

    /// Bytes as protobuf-c's binary data.
    func data(_ bytes: [UInt8]) -> ProtobufCBinaryData {
        ProtobufCBinaryData(len: bytes.count, data: copy(bytes))
    }

    /// A UUID's 16 bytes.
    func data(_ id: UUID) -> ProtobufCBinaryData {
        withUnsafeBytes(of: id.uuid) { data(Array($0)) }
    }

    /// A C string. A NUL would end it early, so it becomes the replacement character.
    func string(_ text: String) -> UnsafeMutablePointer<CChar>? {
        let clean =
            text.utf8.contains(0)
            ? String(text.unicodeScalars.map { $0.value == 0 ? "\u{FFFD}" : Character($0) }) : text
        return copy(clean.utf8.map { CChar(bitPattern: $0) } + [0])
    }

    /// The packed message.
    func bytes<Message>(of message: UnsafeMutablePointer<Message>) -> [UInt8] {
        message.withMemoryRebound(to: ProtobufCMessage.self, capacity: 1) { base in
            [UInt8](unsafeUninitializedCapacity: protobuf_c_message_get_packed_size(base)) { buffer, count in
                // An empty message packs to no bytes and needs no buffer.
                count = buffer.baseAddress.map { protobuf_c_message_pack(base, $0) } ?? 0
            }
        }
    }

    private func memory(_ size: Int) -> UnsafeMutableRawPointer {
        guard let memory = arena.allocate(size) else {
            preconditionFailure("a message beyond the checked limits was encoded")
        }
        return memory
    }
}
