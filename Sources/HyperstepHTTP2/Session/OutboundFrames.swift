internal import NIOCore

/// Frames on their way to the channel: small pieces gathered into one buffer, large bodies as slices of the
/// buffer they came in, so that a body is not copied to be sent.
struct OutboundFrames {
    /// A piece shorter than this is cheaper to copy than to write on its own.
    static let copyBelow = 4096

    private var finished: [ByteBuffer] = []
    private var gathering = ByteBuffer()
    private(set) var byteCount = 0

    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        gathering.writeBytes(bytes)
        byteCount += bytes.count
    }

    mutating func append(_ slice: ByteBuffer) {
        byteCount += slice.readableBytes
        if slice.readableBytes < Self.copyBelow {
            gathering.writeImmutableBuffer(slice)
        } else {
            endGathering()
            finished.append(slice)
        }
    }

    /// The buffers to write, in order. What was gathered is handed out, not kept: its memory belongs to the
    /// channel until it is written.
    mutating func take() -> [ByteBuffer] {
        endGathering()
        byteCount = 0
        defer { finished = [] }
        return finished
    }

    private mutating func endGathering() {
        guard gathering.readableBytes > 0 else { return }
        finished.append(gathering)
        gathering = ByteBuffer()
    }
}
