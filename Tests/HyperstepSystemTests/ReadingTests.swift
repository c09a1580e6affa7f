import Testing

@testable import HyperstepSystem

@Suite struct ReadingTests {
    private static func reading(after seconds: Int, _ change: (inout SystemReading) -> Void) -> SystemReading
    {
        var reading = SystemReading()
        reading.time = epoch.advanced(by: .seconds(seconds))
        reading.cpuCores = 4
        change(&reading)
        return reading
    }

    private static let epoch = SuspendingClock().now

    private func cpu(_ earlier: CPUCounter, _ later: CPUCounter, seconds: Int = 10) -> Double? {
        let first = Self.reading(after: 0) { $0.cpu = earlier }
        let second = Self.reading(after: seconds) { $0.cpu = later }
        return second.samples(since: first).first { $0.device == "cpu" }?.utilization
    }

    @Test("Use of a limited group is a part of its cores over the interval")
    func limitedUse() {
        let before = CPUCounter.limited(by: "/a", used: .seconds(5))
        #expect(cpu(before, .limited(by: "/a", used: .seconds(25))) == 50)
        #expect(cpu(before, .limited(by: "/a", used: .seconds(5))) == 0)
        // A burst may go beyond the limit.
        #expect(cpu(before, .limited(by: "/a", used: .seconds(65))) == 150)
    }

    @Test("Use is not known where another limit came into force, or a counter ran backwards")
    func unknownUse() {
        let before = CPUCounter.limited(by: "/a", used: .seconds(5))
        #expect(cpu(before, .limited(by: "/b", used: .seconds(25))) == nil)
        #expect(cpu(before, .limited(by: "/a", used: .seconds(4))) == nil)
        #expect(cpu(before, .limited(by: "/a", used: .seconds(6)), seconds: 0) == nil)
        #expect(cpu(before, .machine(busy: 10, total: 20)) == nil)
        #expect(cpu(.machine(busy: 10, total: 20), .machine(busy: 9, total: 30)) == nil)
        #expect(cpu(.machine(busy: 10, total: 20), .machine(busy: 10, total: 20)) == nil)
    }

    @Test("A machine is never busier than all of it")
    func clampedUse() {
        #expect(cpu(.machine(busy: 10, total: 20), .machine(busy: 40, total: 40)) == 100)
    }

    @Test("A process' use is a part of the cores that it may have")
    func processUse() {
        let first = Self.reading(after: 0) { $0.process.cpuTime = .seconds(1) }
        let second = Self.reading(after: 10) { $0.process.cpuTime = .seconds(11) }
        #expect(second.samples(since: first).last?.utilization == 25)
        let unknown = Self.reading(after: 10) {
            $0.process.cpuTime = .seconds(11)
            $0.cpuCores = nil
        }
        #expect(unknown.samples(since: first).isEmpty)
    }

    @Test("Utilization has 24 significant bits")
    func precision() throws {
        let use = try #require(cpu(.machine(busy: 0, total: 0), .machine(busy: 1, total: 3)))
        #expect(abs(use - 100.0 / 3) < 1e-5)
        #expect(Double(Float(use)) == use)
    }

    private func moved(_ earlier: [String: Transfer], _ now: [String: Transfer]) -> Transfer? {
        Transfer.moved(from: earlier, to: now)
    }

    @Test("What came, went, or was set back between two samples does not count")
    func changingDisks() {
        let before = ["sda": Transfer(incoming: 10, outgoing: 10), "sdb": Transfer(incoming: 5, outgoing: 5)]
        let now = [
            "sda": Transfer(incoming: 12, outgoing: 10), "sdc": Transfer(incoming: 900, outgoing: 900),
        ]
        #expect(moved(before, now) == Transfer(incoming: 2, outgoing: 0))
        #expect(moved(before, ["sda": Transfer(incoming: 9, outgoing: 99)]) == nil)
        #expect(moved(before, [:]) == nil)
        #expect(moved([:], before) == nil)
    }

    @Test("Sums that fit no number stay at the largest")
    func overflowingSums() {
        let now = [
            "a": Transfer(incoming: .max, outgoing: 1), "b": Transfer(incoming: .max, outgoing: 1),
        ]
        let before = ["a": Transfer.none, "b": Transfer.none]
        #expect(moved(before, now) == Transfer(incoming: .max, outgoing: 2))
    }
}
