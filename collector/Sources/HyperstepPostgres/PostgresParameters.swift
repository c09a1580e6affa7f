/// Parameters laid out as libpq takes them: one buffer, and per parameter a type, an offset and a length.
struct PostgresParameters {
    private(set) var types: [UInt32] = []
    private(set) var lengths: [Int32] = []
    private(set) var formats: [Int32] = []
    private var bytes: [UInt8] = []
    private var offsets: [Int?] = []

    init(_ values: [PostgresValue]) {
        for value in values {
            types.append(value.typeIdentifier)
            formats.append(1)
            let start = bytes.count
            value.append(to: &bytes)
            offsets.append(value == .null ? nil : start)
            lengths.append(Int32(bytes.count - start))
        }
        bytes.append(0)  // so that an empty last value, too, has an address inside the buffer
    }

    /// Calls `body` with one pointer per parameter (nil is null), valid during the call.
    func withPointers<Result>(_ body: ([UnsafePointer<CChar>?]) -> Result) -> Result {
        // The buffer does not move while its pointers are in use: both end with this scope.
        bytes.withUnsafeBytes { buffer in
            body(
                offsets.map { offset in
                    offset.flatMap {
                        buffer.baseAddress?.advanced(by: $0).assumingMemoryBound(to: CChar.self)
                    }
                })
        }
    }
}
