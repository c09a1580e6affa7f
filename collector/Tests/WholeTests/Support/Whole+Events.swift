import Foundation
import HyperstepPostgres
import TestDatabases
import Testing
import TrainingPattern

extension Whole {
    /// Checks that the rows of the run's experiment are those of its first steps, each once, and that its parameter is the
    /// last of them.
    ///
    /// Steps 0 ..< `returned` are whole: what they recorded is there. Of the step whose calls the kill came into there
    /// may be its event, or that and its parameter, if it is one that has them.
    func expectEvents(_ run: UUID, _ returned: Int, _ sourceLocation: SourceLocation) throws {
        let possible =
            TrainingPattern.events(before: returned)...TrainingPattern.events(before: returned + 1)
        let rows = try database.connect().query(
            """
            SELECT status, worker_id IS NOT NULL, (metrics->'n')::bigint FROM experiments WHERE experiment_id = $1
            ORDER BY 3 NULLS FIRST
            """, [.uuid(run)])
        let numbers = (0..<rows.count).map { rows.int64($0, 2) }
        // Its beginning has no number yet. It was recorded before the first step.
        let begun = returned > 0 || rows.count > 0 ? 1 : 0
        #expect(
            possible.contains(rows.count - begun), "\(rows.count - begun) events, of \(returned) steps",
            sourceLocation: sourceLocation)
        let expected =
            [Int64?](repeating: nil, count: begun) + (0..<max(0, rows.count - begun)).map(Int64.init)
        #expect(numbers == expected, "events", sourceLocation: sourceLocation)
        #expect(
            (0..<rows.count).allSatisfy { rows.text($0, 0) == "running" && rows.bool($0, 1) == true },
            sourceLocation: sourceLocation)
        // Set after its event, by the same step.
        let number = try value("parameters->>'n'", of: run).flatMap { Int($0) }
        let set = (number ?? -1) + 1
        #expect(
            possible.contains(set) && set <= rows.count - begun,
            "the parameter \(number.map(String.init) ?? "none"), of \(returned) steps",
            sourceLocation: sourceLocation)
        // What was set at its start is beside it.
        if returned > 0 {
            #expect(try value("parameters ? 'index'", of: run) == "true", sourceLocation: sourceLocation)
        }
    }
}
