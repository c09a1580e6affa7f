import HyperstepPolicies
import HyperstepPostgres
import TestDatabases
import Testing

@testable import HyperstepCollector

@Suite(
    "Where the extension is",
    .needsDatabase, .needsNewestTimescaleDB, .mayBlock,
    .timeLimit(.minutes(20)))
struct ExtensionPlaceTests {
    @Test(
        "migrate puts the extension into public, whatever the search path says", arguments: TestEdition.all)
    func searchPath(edition: TestEdition) async throws {
        try await withTestDatabase(edition) { database in
            try database.connect().execute(
                "CREATE SCHEMA mine; ALTER DATABASE \(database.name) SET search_path = mine, public")
            try await Journey(edition: edition, database: database).run()
            #expect(try database.everything().contains("extension timescaledb in public"))
            #expect(try !database.everything().contains { $0.contains("mine.") })
        }
    }

    @Test("An extension in another schema works as well", arguments: TestEdition.all)
    func elsewhere(edition: TestEdition) async throws {
        try await withTestDatabase(edition) { database in
            try database.connect().execute(
                "CREATE SCHEMA extensions; CREATE EXTENSION timescaledb SCHEMA extensions")
            try await Journey(edition: edition, database: database).run()
            #expect(try database.everything().contains("extension timescaledb in extensions"))
        }
    }

    @Test("Without a schema public, the extension is beside Hyperstep's tables", arguments: TestEdition.all)
    func noPublic(edition: TestEdition) async throws {
        try await withTestDatabase(edition) { database in
            try database.connect().execute("ALTER SCHEMA public RENAME TO other")
            try await Journey(edition: edition, database: database).run()
            #expect(try database.everything().contains("extension timescaledb in public"))
        }
    }

    @Test("An extension that cannot be used is refused before anything is made", arguments: TestEdition.all)
    func refused(edition: TestEdition) async throws {
        try await withTestDatabase(edition) { database in
            try database.connect().execute(
                #"CREATE SCHEMA "My Extensions"; CREATE EXTENSION timescaledb SCHEMA "My Extensions""#)
            let before = try database.everything()
            let error = await #expect(throws: MigrationError.self) {
                try await MigrateCommand(url: database.address, logger: .nobody).run()
            }
            #expect(error?.description.contains("rename that schema") == true)
            #expect(try database.everything() == before)
        }
    }
}

@Suite(
    "Encodings of databases", .needsDatabase, .mayBlock
)
struct EncodingTests {
    @Test(
        "A database that is not in UTF8 is refused before anything is made, and doctor names it",
        arguments: ["LATIN1", "SQL_ASCII"], TestEdition.all)
    func refused(encoding: String, edition: TestEdition) async throws {
        let options = "ENCODING '\(encoding)' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'"
        try await withTestDatabase(edition, options: options) { database in
            let before = try database.everything()
            let error = await #expect(throws: MigrationError.self) {
                try await MigrateCommand(url: database.address, logger: .nobody).run()
            }
            #expect(error?.description.contains("encoding is \(encoding), and Hyperstep needs UTF8") == true)
            #expect(error?.description.contains("TEMPLATE template0") == true)
            #expect(try database.everything() == before)
            let findings = try await DoctorCommand(url: database.address).run().findings
            #expect(findings.contains { $0.check == "encoding" && $0.level == .error })
        }
    }
}
