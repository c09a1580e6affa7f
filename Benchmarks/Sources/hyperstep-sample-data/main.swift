// hyperstep-sample-data: fills a migrated database with data as many runs and servers leave it behind.

import Foundation
import HyperstepPostgres
import SampleData

let usage = """
    usage: hyperstep-sample-data [--rows N] [--days N] [--seed N] [--end SECONDS]
      Fills the database of HYPERSTEP_DATABASE_URL, which hyperstep-collector has migrated.
      --rows   about how many rows of training_metrics; 2200000 without it
      --days   over how many days before the end; 8 without it
      --seed   the same seed and end give the same rows
      --end    the end of the data in seconds since 1970; now without it
    """

func fail(_ message: String) -> Never {
    FileHandle.standardError.write(Data("hyperstep-sample-data: \(message)\n\(usage)\n".utf8))
    exit(64)
}

var shape = SampleShape(end: Int64(Date().timeIntervalSince1970 * 1e9))
var arguments = CommandLine.arguments.dropFirst()
@MainActor func number<Value: LosslessStringConvertible>(_ flag: String) -> Value {
    guard let text = arguments.popFirst(), let value = Value(text) else { fail("\(flag) wants a number") }
    return value
}
while let argument = arguments.popFirst() {
    switch argument {
    case "--rows": shape.trainingRows = number(argument)
    case "--days": shape.days = number(argument)
    case "--seed": shape.seed = number(argument)
    case "--end":
        let seconds: Double = number(argument)
        shape.end = Int64(seconds * 1e9)
    case "--help", "-h":
        print(usage)
        exit(0)
    default: fail("unknown argument \(argument)")
    }
}
guard shape.trainingRows > 0, shape.days > 0 else { fail("--rows and --days are more than 0") }
guard let url = ProcessInfo.processInfo.environment["HYPERSTEP_DATABASE_URL"] else {
    fail("HYPERSTEP_DATABASE_URL is not set")
}

do {
    let begin = ContinuousClock.now
    let counts = try SampleLoader(SampleData(shape), PostgresConnection(PostgresURL(url))).loadAll()
    for (table, rows) in counts.sorted(by: { $0.key < $1.key }) { print("\(table): \(rows) rows") }
    print("in \(ContinuousClock.now - begin)")
} catch {
    FileHandle.standardError.write(Data("hyperstep-sample-data: \(error)\n".utf8))
    exit(1)
}
