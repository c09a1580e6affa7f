// hyperstep-bench: measures what Hyperstep costs. `scripts/bench` builds and runs it; --help says how.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

let usage = """
    usage: hyperstep-bench [--format both|table|json|markdown] [--filter TEXT] [--quick] [--judge] [--list]
      --format   both (default): JSON lines on standard output, a table on standard error;
                 table, json, markdown: that one alone, on standard output
      --filter   only the groups whose name contains TEXT
      --quick    a tenth of the samples: a look, not a result
      --judge    end with status 1 where a number is not what is promised of it; which those are, the
                 lines say in any case. For machines that do nothing else
      --list     the groups, and what they measure
    """

func fail(_ message: String) -> Never {
    writeLine("hyperstep-bench: \(message)\n\(usage)", to: STDERR_FILENO)
    exit(64)
}

ChildPart.runIfAsked(Array(CommandLine.arguments.dropFirst()))
var format = Report.Format.both
var filter = ""
var scale = Scale(factor: 1)
var judges = false
var arguments = CommandLine.arguments.dropFirst()
while let argument = arguments.popFirst() {
    switch argument {
    case "--format":
        guard let chosen = arguments.popFirst().flatMap(Report.Format.init) else {
            fail("--format wants both, table, json or markdown")
        }
        format = chosen
    case "--filter":
        guard let text = arguments.popFirst() else { fail("--filter wants a text") }
        filter = text
    case "--quick": scale = Scale(factor: 0.1)
    case "--judge": judges = true
    case "--list":
        for benchmark in Benchmark.all { print("\(benchmark.name): \(benchmark.summary)") }
        exit(0)
    case "--help", "-h":
        print(usage)
        exit(0)
    default: fail("unknown argument \(argument)")
    }
}

let chosen = Benchmark.all.filter { filter.isEmpty || $0.name.contains(filter) }
guard !chosen.isEmpty else { fail("no group's name contains \"\(filter)\"; --list names them") }
Allocations.check()
let report = Report(format: format)
var (failed, kept, missed) = (false, 0, [String]())
for benchmark in chosen {
    do {
        try benchmark.run(scale) { measurement in
            report.add(measurement)
            if measurement.isMissed {
                missed.append(measurement.name)
            } else if measurement.bound != nil {
                kept += 1
            }
        }
    } catch {
        writeLine("hyperstep-bench: \(benchmark.name): \(error)", to: STDERR_FILENO)
        failed = true
    }
}
if kept + missed.count > 0 {
    let names = missed.isEmpty ? "" : ": " + missed.joined(separator: ", ")
    writeLine("promises: \(kept) kept, \(missed.count) missed\(names)", to: STDERR_FILENO)
}
exit(failed || judges && !missed.isEmpty ? 1 : 0)
