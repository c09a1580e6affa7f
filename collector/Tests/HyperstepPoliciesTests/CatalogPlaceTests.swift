import Foundation
import Testing

@Suite("Where TimescaleDB's internals are named")
struct CatalogPlaceTests {
    /// The one file that may read them. `_timescaledb_functions` as the schema of a job's procedure is something that a
    /// public view shows, and is no call.
    private static let place = "timescaledb.sql"
    private static let internals = ["_timescaledb_catalog", "_timescaledb_functions."]

    @Test(
        "No file but timescaledb.sql reads TimescaleDB's internal catalogue, which changes from release to release"
    )
    func onePlace() throws {
        let sources = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Sources")
        let files = try #require(FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil))
        var looked = 0
        for case let file as URL in files where ["swift", "sql"].contains(file.pathExtension) {
            // Migrations are frozen: what they say of the catalogue was true when they ran.
            guard file.lastPathComponent != Self.place, !file.path.contains("/migrations/") else { continue }
            looked += 1
            let text = try String(contentsOf: file, encoding: .utf8)
            for word in Self.internals {
                #expect(!text.contains(word), "\(file.lastPathComponent) names \(word)")
            }
        }
        #expect(looked > 100)
    }
}
