import CHyperstepProto

/// Memory for the C structs of one message: handed out from growing chunks and freed all at once.
///
/// protobuf-c allocates each field on its own; with an arena a batch costs a handful of allocations, and a
/// small body that claims to be large cannot take more than `limit` bytes.
final class Arena {
    private var chunks: [UnsafeMutableRawPointer] = []
    private var next: UnsafeMutableRawPointer?
    private var room = 0
    private var total = 0
    private let limit: Int
    /// Whether an allocation was refused because of `limit`.
    private(set) var isExhausted = false

    init(limit: Int) {
        self.limit = limit
    }

    deinit {
        for chunk in chunks { chunk.deallocate() }
    }

    /// `size` bytes aligned to 16, or nil beyond the limit.
    func allocate(_ size: Int) -> UnsafeMutableRawPointer? {
        guard size >= 0, size <= limit else {
            isExhausted = true
            return nil
        }
        let rounded = (max(size, 1) + 15) & ~15
        if rounded > room && !grow(atLeast: rounded) { return nil }
        defer {
            next = next?.advanced(by: rounded)
            room -= rounded
        }
        return next
    }

    private func grow(atLeast size: Int) -> Bool {
        let chunk = max(size, 16 * 1024)
        guard total + chunk <= limit else {
            isExhausted = true
            return false
        }
        let memory = UnsafeMutableRawPointer.allocate(byteCount: chunk, alignment: 16)
        chunks.append(memory)
        (next, room) = (memory, chunk)
        total += chunk
        return true
    }

    /// Runs `body` with this arena as protobuf-c's allocator; what is unpacked lives as long as the arena.
    func withAllocator<R>(_ body: (UnsafeMutablePointer<ProtobufCAllocator>) -> R) -> R {
        var allocator = ProtobufCAllocator(
            alloc: { data, size in
                guard let data else { return nil }
                return Unmanaged<Arena>.fromOpaque(data).takeUnretainedValue().allocate(size)
            },
            free: { _, _ in },
            allocator_data: Unmanaged.passUnretained(self).toOpaque())
        return withExtendedLifetime(self) { withUnsafeMutablePointer(to: &allocator, body) }
    }
}
