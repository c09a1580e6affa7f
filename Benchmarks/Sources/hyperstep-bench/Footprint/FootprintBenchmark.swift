#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension Benchmark {
    /// The memory of a process with one run and one monitor, default settings, beside that of the same process with
    /// Hyperstep disabled: the same program, the same loop, the same pace.
    static let footprint = Benchmark(
        name: "footprint",
        summary:
            "memory of a process with a run and a monitor beyond the same with Hyperstep disabled, over 10 million "
            + "steps: offline, and with a collector"
    ) { scale, add in
        guard ResidentMemory.now() != nil else {
            return writeLine("footprint: this system does not tell (no /proc): not measured", to: 2)
        }
        let marks = FootprintMark.all(steps: scale.count(10_000_000))
        let disabled = try Footprint(mode: "disabled", endpoint: "http://127.0.0.1:9", marks: marks)
        for (mark, memory) in zip(marks, disabled.memory) {
            add(.megabytes("footprint.disabled.\(mark.name)", memory.total, "\(mark.note): \(memory.parts)"))
        }
        let offline = try Footprint(mode: "offline", endpoint: "http://127.0.0.1:9", marks: marks)
        offline.report("offline", beyond: disabled, marks, add)
        try withBenchCollector("footprint") { endpoint in
            let online = try Footprint(mode: "online", endpoint: endpoint, marks: marks)
            online.report("online", beyond: disabled, marks, add)
        }
    }
}

/// When memory is looked at.
struct FootprintMark: Sendable {
    let name: String
    let steps: Int

    var note: String { "after \(steps) steps" }

    static func all(steps: Int) -> [FootprintMark] {
        [("start", 20), ("tenth", 10), ("half", 2), ("end", 1)].map { name, part in
            FootprintMark(name: name, steps: steps / part)
        }
    }
}

/// What a process said of its memory at each mark.
private struct Footprint {
    let memory: [ResidentMemory]
    /// What became of its records.
    let fate: String

    init(mode: String, endpoint: String, marks: [FootprintMark]) throws {
        (memory, fate) = try withBenchDirectory { directory in
            let child = try ChildProcess(.footprint, [mode, endpoint, directory])
            defer { child.end() }
            let memory = try marks.map { mark in
                let line = try child.ask("\(mark.steps)")
                guard let memory = ResidentMemory(line: line) else {
                    throw BenchError(description: "\"\(line)\" says nothing of memory")
                }
                return memory
            }
            return (memory, try child.ask("end"))
        }
    }

    func report(
        _ name: String, beyond other: Footprint, _ marks: [FootprintMark], _ add: (Measurement) -> Void
    ) {
        for ((mark, mine), base) in zip(zip(marks, memory), other.memory) {
            add(.megabytes("footprint.\(name).\(mark.name)", mine.total, "\(mark.note): \(mine.parts)"))
            let difference = mine - base
            add(
                .megabytes(
                    "footprint.\(name).beyond.\(mark.name)", difference.total,
                    "beyond the same with Hyperstep disabled: \(difference.parts)"))
        }
        add(
            .megabytes(
                "footprint.\(name).growth", memory[3].total - memory[1].total,
                "from \(marks[1].steps) to \(marks[3].steps) steps; \(fate)"))
    }
}

extension Measurement {
    fileprivate static func megabytes(_ name: String, _ bytes: Int, _ note: String) -> Measurement {
        Measurement(name: name, value: Double(bytes) / 1e6, unit: "MB", note: note)
    }
}
