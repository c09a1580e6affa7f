/// One value of a named metric as the ring keeps it: plain bytes, 32 of them.
@frozen
public struct ScalarRecord: Sendable, Equatable, BitwiseCopyable {
    /// When it was recorded, in nanoseconds since 1970-01-01 UTC.
    public var time: Int64
    /// The step it belongs to, where ``hasStep`` says that it does.
    public var step: Int64
    /// The value; NaN and infinities are values like others.
    public var value: Double
    /// The metric, from the recorder's ``Recorder/names``.
    public var metric: MetricID
    /// Bit 0: there is a step. A number and not a `Bool`, because damage may have put any bits here.
    @usableFromInline var flags: UInt32

    /// Whether it belongs to a step.
    @inlinable public var hasStep: Bool { flags & 1 != 0 }

    /// A value of a metric, at a step or at none.
    @inlinable @inline(__always)
    public init(time: Int64, metric: MetricID, value: Double, step: Int64? = nil) {
        self.time = time
        self.step = step ?? 0
        self.value = value
        self.metric = metric
        flags = step == nil ? 0 : 1
    }
}

/// A metric's number in its recorder, from ``NameTable/intern(name:unit:)``; meaningless in any other.
@frozen
public struct MetricID: RawRepresentable, Sendable, Hashable, BitwiseCopyable {
    /// Its place in the table, counted from 0.
    public var rawValue: UInt32
    /// The metric with this number.
    @inlinable @inline(__always)
    public init(rawValue: UInt32) { self.rawValue = rawValue }
}
