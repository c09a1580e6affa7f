/// A snapshot of what was taken of a monitor's series, as bytes in the file:
///
///     0     tag and time (``TakenSnapshot``)
///     128   counters u64: all that the windows below the tag's position gave
struct TakenPlace: TakenSnapshot, @unchecked Sendable {
    private static let countersOffset = 128
    static let bytes = (countersOffset + MonitorCounter.count * 8 + 127) & ~127

    let start: UnsafeMutableRawPointer

    var counters: UnsafeMutableBufferPointer<UInt64> {
        let first = (start + Self.countersOffset).bindMemory(to: UInt64.self, capacity: MonitorCounter.count)
        return .init(start: first, count: MonitorCounter.count)
    }
}
