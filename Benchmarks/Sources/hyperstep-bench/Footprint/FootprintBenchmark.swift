#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension Benchmark {
    /// The memory of a process with one run and one monitor, default settings, beside that of the same process with
    /// Hyperstep disabled: the same program, the same loop, the same pace, at the same time.
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
        let nobody = "http://127.0.0.1:9"
        var modes = [
            FootprintMode(mode: "disabled", endpoint: nobody),
            FootprintMode(mode: "offline", endpoint: nobody),
        ]
        var footprints: [Footprint] = []
        try withBenchCollector("footprint") { endpoint in
            modes.append(FootprintMode(mode: "online", endpoint: endpoint))
            footprints = try Footprint.all(modes, marks)
        }
        if footprints.isEmpty { footprints = try Footprint.all(modes, marks) }
        for footprint in footprints { footprint.report(beyond: footprints[0], marks, add) }
    }
}

private struct FootprintMode {
    let mode: String
    let endpoint: String
}

/// What a process said of its memory at each mark.
private struct Footprint {
    let mode: String
    let memory: [ResidentMemory]
    /// What became of its records.
    let fate: String

    /// A process for each mode, all at once.
    static func all(_ modes: [FootprintMode], _ marks: [FootprintMark]) throws -> [Footprint] {
        try withBenchDirectory { directory in
            let children = try modes.map {
                try ChildProcess(.footprint, [$0.mode, $0.endpoint, directory + "/" + $0.mode])
            }
            defer { for child in children { child.end() } }
            let answers = try marks.map { mark in
                for child in children { try child.send("\(mark.steps) \(mark.pace)") }
                return try children.map { try memory(in: $0.line()) }
            }
            for child in children { try child.send("end") }
            return try modes.indices.map { index in
                Footprint(
                    mode: modes[index].mode, memory: answers.map { $0[index] },
                    fate: try children[index].line())
            }
        }
    }

    private static func memory(in line: String) throws -> ResidentMemory {
        guard let memory = ResidentMemory(line: line) else {
            throw BenchError(description: "\"\(line)\" says nothing of memory")
        }
        return memory
    }

    /// - Parameter base: that of the process with Hyperstep disabled; of itself all is told.
    func report(beyond base: Footprint, _ marks: [FootprintMark], _ add: (Measurement) -> Void) {
        for (index, mark) in marks.enumerated() {
            let all = memory[index]
            guard mode != base.mode else {
                add(.megabytes("footprint.\(mode).\(mark.name)", all.total, "\(mark.note): \(all.parts)"))
                continue
            }
            let beyond = all - base.memory[index]
            add(
                .megabytes(
                    "footprint.\(mode).beyond.\(mark.name)", beyond.total,
                    "\(mark.note), beyond \(base.mode): \(beyond.parts)"))
        }
        add(
            .megabytes(
                "footprint.\(mode).growth", memory[3].total - memory[1].total,
                "from \(marks[1].steps) to \(marks[3].steps) steps; in the end \(fate)"))
    }
}

extension Measurement {
    fileprivate static func megabytes(_ name: String, _ bytes: Int, _ note: String) -> Measurement {
        Measurement(name: name, value: Double(bytes) / 1e6, unit: "MB", note: note)
    }
}
