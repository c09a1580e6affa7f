import HyperstepPostgres
import Testing

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

@Suite("Rows in the binary COPY format")
struct PostgresBinaryCopyTests {
    @Test("A row is its number of fields, then length and big-endian bytes of each")
    func layout() {
        var copy = PostgresBinaryCopy()
        copy.row(fields: 4)
        copy.int2(-2)
        copy.int4(1)
        copy.null()
        copy.text("æ")
        let bytes = copy.withBytes { Array($0) }
        #expect(
            bytes == [
                0, 4, 0, 0, 0, 2, 0xFF, 0xFE, 0, 0, 0, 4, 0, 0, 0, 1, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 2,
                0xC3, 0xA6,
            ])
    }

    @Test("A buffer grows with its rows, whatever its first capacity", arguments: [1, 64, 65, 1000])
    func grows(capacity: Int) {
        var small = PostgresBinaryCopy(capacity: capacity)
        var large = PostgresBinaryCopy(capacity: 1 << 20)
        for value in 0..<Int64(1000) {
            for _ in 0..<2 { swap(&small, &large) }
            small.row(fields: 2)
            small.int8(value)
            small.text(String(repeating: "x", count: Int(value)))
            large.row(fields: 2)
            large.int8(value)
            large.text(String(repeating: "x", count: Int(value)))
        }
        #expect(small.withBytes { Array($0) } == large.withBytes { Array($0) })
        small.removeAll()
        #expect(small.count == 0)
    }

    @Test(
        "A time is rounded down to microseconds and counted from 2000",
        arguments: [
            (Int64(0), Int64(-946_684_800_000_000)), (946_684_800_000_000_000, 0),
            (999, -946_684_800_000_000),
            (1000, -946_684_799_999_999), (-1, -946_684_800_000_001),
            (.max, 8_276_687_236_854_775), (.min, -10_170_056_836_854_776),
        ])
    func times(nanoseconds: Int64, microseconds: Int64) {
        #expect(PostgresTime.microseconds(fromNanoseconds: nanoseconds) == microseconds)
    }
}
