extension SystemReading {
    /// The samples of the machine and of this process over the interval from `earlier` to this reading, without
    /// those that would say nothing.
    func samples(since earlier: SystemReading) -> [SystemSample] {
        [machineSample(since: earlier), processSample(since: earlier)].filter { !$0.isEmpty }
    }

    private func machineSample(since earlier: SystemReading) -> SystemSample {
        var sample = SystemSample(device: "cpu")
        sample.utilization = utilization(since: earlier)
        sample.cpuLimitCores = cpuCores
        sample.memoryUsedBytes = memoryUsed
        sample.memoryLimitBytes = memoryLimit
        sample.temperatureC = temperatureC
        let disk = Transfer.moved(from: earlier.disks, to: disks)
        sample.diskReadBytes = disk?.incoming
        sample.diskWrittenBytes = disk?.outgoing
        let network = Transfer.moved(from: earlier.networks, to: networks)
        sample.networkReceivedBytes = network?.incoming
        sample.networkSentBytes = network?.outgoing
        return sample
    }

    private func processSample(since earlier: SystemReading) -> SystemSample {
        var sample = SystemSample(device: "process")
        if let now = process.cpuTime, let before = earlier.process.cpuTime {
            sample.utilization = percent(of: now - before, since: earlier)
        }
        sample.memoryUsedBytes = process.memoryUsed
        if let now = process.disk, let before = earlier.process.disk {
            let disk = now.since(before)
            sample.diskReadBytes = disk?.incoming
            sample.diskWrittenBytes = disk?.outgoing
        }
        return sample
    }

    private func utilization(since earlier: SystemReading) -> Double? {
        switch (earlier.cpu, cpu) {
        case (.machine(let busyBefore, let totalBefore), .machine(let busy, let total)):
            guard busy >= busyBefore, total > totalBefore else { return nil }
            // The kernel's time of waiting for disks may run backwards a little, and the total with it.
            let used = Double(busy - busyBefore)
            return Self.percent(used, of: max(used, Double(total - totalBefore)))
        case (.limited(let limitBefore, let usedBefore), .limited(let limit, let used)):
            // Another limit than before is in force: what was used under it before is not known.
            guard limit == limitBefore else { return nil }
            return percent(of: used - usedBefore, since: earlier)
        default: return nil
        }
    }

    /// CPU time as a part of all that there was in the interval.
    private func percent(of used: Duration, since earlier: SystemReading) -> Double? {
        guard let cpuCores, used >= .zero else { return nil }
        return Self.percent(used.inSeconds, of: (time - earlier.time).inSeconds * cpuCores)
    }

    /// With 24 significant bits: the others would be noise of the clock, which no database can compress.
    private static func percent(_ part: Double, of whole: Double) -> Double? {
        guard whole > 0 else { return nil }
        return Double(Float(100 * part / whole))
    }
}

extension Duration {
    fileprivate var inSeconds: Double {
        Double(components.seconds) + Double(components.attoseconds) * 1e-18
    }
}

extension Transfer {
    /// What moved since `earlier`; nil if a counter ran backwards: it was set anew, or another took its name.
    func since(_ earlier: Transfer) -> Transfer? {
        guard incoming >= earlier.incoming, outgoing >= earlier.outgoing else { return nil }
        return Transfer(incoming: incoming - earlier.incoming, outgoing: outgoing - earlier.outgoing)
    }

    /// What moved through everything that was there all the time; nil if nothing was.
    static func moved(from earlier: [String: Transfer], to now: [String: Transfer]) -> Transfer? {
        var sum: Transfer?
        for (name, transfer) in now {
            guard let before = earlier[name], let moved = transfer.since(before) else { continue }
            sum = (sum ?? .none) + moved
        }
        return sum
    }

    static func + (left: Transfer, right: Transfer) -> Transfer {
        Transfer(
            incoming: left.incoming.addingClamped(right.incoming),
            outgoing: left.outgoing.addingClamped(right.outgoing))
    }
}

extension UInt64 {
    /// The sum, or the largest number if it is more: counters come from outside.
    fileprivate func addingClamped(_ other: UInt64) -> UInt64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
