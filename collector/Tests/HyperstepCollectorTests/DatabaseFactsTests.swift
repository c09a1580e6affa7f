import Testing

@testable import HyperstepCollector

@Suite("Servers that are refused")
struct DatabaseFactsTests {
    private let good = DatabaseFacts(
        serverVersion: 150_020, installedTimescale: nil, availableTimescale: "2.28.3", isPreloaded: true)

    private func refusal(_ change: (inout DatabaseFacts) -> Void) -> String? {
        var facts = good
        change(&facts)
        do throws(MigrationError) { try facts.check() } catch { return error.description }
        return nil
    }

    @Test("A server with a recent TimescaleDB passes, installed or only available")
    func passes() {
        #expect(refusal { _ in } == nil)
        #expect(refusal { $0.installedTimescale = "2.19.3" } == nil)
        #expect(refusal { $0.installedTimescale = "3.0.0-dev" } == nil)
    }

    @Test("An old PostgreSQL is refused with the version to install")
    func oldServer() {
        #expect(refusal { $0.serverVersion = 130_011 }?.contains("install PostgreSQL 14") == true)
    }

    @Test("A server without TimescaleDB is refused with the package for its version")
    func missing() {
        let reason = refusal { $0.availableTimescale = nil }
        #expect(reason?.contains("timescaledb-2-postgresql-15") == true)
        #expect(reason?.contains("shared_preload_libraries") == true)
    }

    @Test("The version in the database counts, not the one that could be had")
    func oldExtension() {
        #expect(refusal { $0.installedTimescale = "2.18.2" }?.contains("ALTER EXTENSION") == true)
        #expect(refusal { $0.availableTimescale = "2.9.0" }?.contains("2.19 or later") == true)
    }

    @Test("A library that is not loaded at the server's start is named with its setting")
    func notPreloaded() {
        #expect(refusal { $0.isPreloaded = false }?.contains("shared_preload_libraries") == true)
    }
}
