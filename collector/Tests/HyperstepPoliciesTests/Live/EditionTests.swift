import HyperstepCollector
import HyperstepPostgres
import TestDatabases
import Testing

@testable import HyperstepPolicies

@Suite("Which edition a server runs")
struct EditionTests {
    @Test("A server that does not say, or says something unknown, is taken for the Apache edition")
    func unknown() {
        #expect(Edition(license: "timescale") == .community)
        #expect(Edition(license: "apache") == .apache)
        #expect(Edition(license: nil) == .apache)
        #expect(Edition(license: "") == .apache)
        #expect(Edition(license: "something new") == .apache)
    }

    @Test(
        "Swift, SQL, status and observation agree on it",
        .needsDatabase, .mayBlock,
        arguments: TestEdition.all)
    func agree(edition: TestEdition) throws {
        try withTestDatabase(edition) { database in
            let connection = try database.connect()
            _ = try Migrator(connection).run()
            #expect(try Edition.of(connection).rawValue == edition.name)
            #expect(try connection.query("SELECT hyperstep_internal.edition()").text(0, 0) == edition.name)
            #expect(try DatabaseStatus(connection).edition.rawValue == edition.name)
            #expect(try ObservedDatabase(connection).edition.rawValue == edition.name)
        }
    }
}
