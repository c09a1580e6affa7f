import ArgumentParser
import DigitsModel
import DigitsTrainer
import Foundation
import Hyperstep

@main
struct Sweep: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Trains the digits model with each combination of some hyperparameters, several at once.")

    @Option(help: "Learning rates of the first step, separated by commas.")
    var learningRates = NumberList<Double>([0.02, 0.1, 0.4])

    @Option(help: "Units of the hidden layer, separated by commas.")
    var hiddenUnits = NumberList<Int>([8, 32])

    @Option(help: "How often each trial goes over the training images.")
    var epochs = 6

    @Option(help: "Trials at the same time, 1 to 64.")
    var jobs = min(64, ProcessInfo.processInfo.activeProcessorCount)

    @Option(help: "Where the collector listens (default: HYPERSTEP_ENDPOINT, else http://127.0.0.1:4319).")
    var endpoint: String?

    @Flag(help: "Print a line of JSON for the sweep and one for each trial instead.")
    var json = false

    private var grid: [Hyperparameters] {
        learningRates.numbers.flatMap { rate in
            hiddenUnits.numbers.map { units in
                var hyperparameters = Hyperparameters()
                hyperparameters.epochs = epochs
                hyperparameters.learningRate = rate
                hyperparameters.hiddenUnits = units
                return hyperparameters
            }
        }
    }

    func validate() throws {
        guard (1...64).contains(jobs) else { throw ValidationError("--jobs is \(jobs), expected 1 to 64") }
        guard grid.count <= 1_000 else {
            throw ValidationError("these are \(grid.count) trials, expected at most 1,000")
        }
        if let fault = grid.lazy.compactMap(\.fault).first { throw ValidationError("the \(fault)") }
    }

    func run() async throws {
        let sweep = UUID()
        print(
            json
                ? #"{"sweep": "\#(sweep)", "trials": \#(grid.count)}"#
                : "sweep \(sweep): \(grid.count) trials")
        let trials = grid.map {
            Trial(sweep: sweep, hyperparameters: $0, settings: Settings(endpoint: endpoint))
        }
        try await trials.concurrently(atMost: jobs, { try await $0.run() }) {
            print(json ? $0.json : $0.text)
        }
        guard !json else { return }
        print(
            """

            To compare them:
              psql "$HYPERSTEP_DATABASE_URL" -v sweep=\(sweep) -f compare.sql
            """)
    }
}
