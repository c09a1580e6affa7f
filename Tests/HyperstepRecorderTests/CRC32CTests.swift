import HyperstepRecorder
import TestRandom
import Testing

@Suite("CRC-32C")
struct CRC32CTests {
    @Test("Known vectors give their known checksums")
    func vectors() {
        #expect(CRC32C.of([]) == 0)
        #expect(CRC32C.of(Array("123456789".utf8)) == 0xE306_9283)
        // RFC 3720, appendix B.4
        #expect(CRC32C.of([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
        #expect(CRC32C.of([UInt8](repeating: 0xFF, count: 32)) == 0x62A8_AB43)
        #expect(CRC32C.of(Array(0..<32)) == 0x46DD_794E)
        #expect(CRC32C.of((0..<32).reversed()) == 0x113F_DB5C)
    }

    @Test("How the bytes are cut into pieces makes no difference")
    func pieces() {
        var generator = Seeded(7)
        let bytes = (0..<257).map { _ in UInt8.random(in: 0...255, using: &generator) }
        let whole = CRC32C.of(bytes)
        for cut in 0...bytes.count {
            var sum = CRC32C()
            bytes[..<cut].withUnsafeBytes { sum.update($0) }
            bytes[cut...].withUnsafeBytes { sum.update($0) }
            #expect(sum.value == whole)
        }
    }

    @Test("It agrees with the definition, bit by bit, at every length")
    func definition() {
        var generator = Seeded(8)
        for length in 0..<64 {
            let bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &generator) }
            var crc: UInt32 = ~0
            for byte in bytes {
                crc ^= UInt32(byte)
                for _ in 0..<8 { crc = (crc >> 1) ^ (crc & 1 == 1 ? 0x82F6_3B78 : 0) }
            }
            #expect(CRC32C.of(bytes) == ~crc)
        }
    }
}
