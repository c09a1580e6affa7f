/// Slots that hold bytes of any length up to their own: sequence u64, length u32, four bytes of nothing, bytes.
struct PayloadSlots: Sendable {
    let core: RingCore
    let slotBytes: Int

    private static let lengthOffset = 8
    static let payloadOffset = 16

    var maximumPayload: Int { slotBytes - Self.payloadOffset }

    func slot(_ position: UInt64) -> UnsafeMutableRawPointer { core.slot(position, bytes: slotBytes) }

    /// Fills a slot that the caller has claimed; `payload` is at most ``maximumPayload`` bytes.
    func fill(_ slot: UnsafeMutableRawPointer, with payload: UnsafeRawBufferPointer) {
        precondition(payload.count <= maximumPayload, "a payload was checked to fit its slot")
        slot.storeBytes(of: UInt32(payload.count), toByteOffset: Self.lengthOffset, as: UInt32.self)
        UnsafeMutableRawBufferPointer(start: slot + Self.payloadOffset, count: payload.count)
            .copyMemory(from: payload)
    }

    func read(
        from position: UInt64, limit: Int, voids: Bool, _ body: (UInt64, UnsafeRawBufferPointer) -> Bool
    ) -> RingReading {
        core.read(from: position, limit: limit, slotBytes: slotBytes, voids: voids) { position, slot in
            let length = Int(slot.load(fromByteOffset: Self.lengthOffset, as: UInt32.self))
            // A damaged length never leads out of the slot; the payload's own format shows the damage.
            let bytes = UnsafeRawBufferPointer(
                start: slot + Self.payloadOffset, count: min(length, maximumPayload))
            return body(position, bytes)
        }
    }
}
