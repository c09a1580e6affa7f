import Testing

@testable import HyperstepShipper

@Suite("Positions that a database has no more")
struct MissingPositionsTests {
    @Test("What is missing twice counts once; what touches is one range")
    func counted() {
        var missing = MissingPositions()
        #expect(missing.count == 0)
        #expect(missing.insert(10..<20) == 10)
        #expect(missing.insert(10..<20) == 0)
        #expect(missing.insert(15..<30) == 10)
        #expect(missing.insert(40..<50) == 10)
        #expect(missing.insert(30..<40) == 10)
        #expect(missing.insert(0..<60) == 20)
        #expect(missing.count == 60)
    }
}
