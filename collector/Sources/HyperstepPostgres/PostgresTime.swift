/// PostgreSQL's clock: microseconds since 2000-01-01T00:00:00Z.
public enum PostgresTime {
    /// 2000-01-01T00:00:00Z in microseconds since 1970.
    @usableFromInline static let epoch: Int64 = 946_684_800_000_000

    /// From nanoseconds since 1970, rounding down. Every `Int64` is inside PostgreSQL's range.
    @inlinable
    public static func microseconds(fromNanoseconds nanoseconds: Int64) -> Int64 {
        let (quotient, remainder) = nanoseconds.quotientAndRemainder(dividingBy: 1000)
        return quotient - (remainder < 0 ? 1 : 0) - epoch
    }
}
