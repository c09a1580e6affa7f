import Hyperstep

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension ChildPart {
    /// `MODE ENDPOINT DIRECTORY REPETITIONS`: a training loop. Does as many steps as it is asked for, and answers with the
    /// nanoseconds that they took, and those that its thread had a processor; with what became of them when it is asked
    /// for anything else.
    static let training = ChildPart(name: "training") { arguments in
        guard arguments.count == 4, let mode = Settings.Mode(rawValue: arguments[0]),
            let repetitions = Int(arguments[3])
        else { throw BenchError(description: "wrong arguments") }
        let settings = Settings(endpoint: arguments[1], mode: mode, directory: arguments[2])
        let run = try Run.start(project: "bench", name: "training", model: "bench", settings: settings)
        var work = Work(repetitions: repetitions)
        while let line = readLine(), let steps = Int(line) {
            let (start, processor) = (Timer.nanoseconds(), Timer.processorNanoseconds())
            for step in 0..<steps {
                let loss = work.step()
                run.step(
                    epoch: 1, batch: step, loss: Double(loss), accuracy: 0.5, learningRate: 1e-3,
                    gradientNorm: 1)
            }
            let end = (Timer.nanoseconds(), Timer.processorNanoseconds())
            writeLine("\(end.0 - start) \(end.1 - processor)", to: 1)
        }
        let report = run.finish(timeout: .seconds(2))
        writeLine("\(report.committed) \(report.spooled) \(report.dropped + report.rejected)", to: 1)
    }
}
