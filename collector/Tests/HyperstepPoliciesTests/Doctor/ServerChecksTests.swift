import Testing

@testable import HyperstepPolicies

@Suite("Judgements about the server")
struct ServerChecksTests {
    private func levels(_ findings: [Finding]) -> [Finding.Level] { findings.map(\.level) }

    private func version(_ change: (inout VersionCheck) -> Void) -> [Finding] {
        var check = VersionCheck(installed: "2.28.3", available: "2.28.3")
        change(&check)
        return check.findings
    }

    @Test("Versions: the oldest that will do, and one before it")
    func versions() {
        #expect(levels(version { _ in }) == [.ok, .ok])
        #expect(levels(version { $0.serverVersion = 160_000 }) == [.ok, .ok])
        #expect(levels(version { $0.serverVersion = 180_000 }) == [.ok, .ok])
        #expect(levels(version { $0.serverVersion = 139_999 }) == [.error, .ok])
        #expect(levels(version { $0.installed = "2.29.9" }) == [.ok, .ok])
        #expect(
            levels(version { ($0.installed, $0.available) = ("2.18.9", "2.18.9") }) == [.ok, .error, .note])
        #expect(levels(version { ($0.installed, $0.available) = ("2.19.0", "2.19.0") }) == [.ok, .ok, .note])
        #expect(levels(version { ($0.installed, $0.available) = ("2.28.0", "2.28.0") }) == [.ok, .ok, .note])
        #expect(levels(version { ($0.installed, $0.available) = ("2.28.1", "2.28.1") }) == [.ok, .ok])
    }

    @Test("A server for which there will be no newer TimescaleDB is a warning that says where to go")
    func endOfLine() {
        func findings(_ server: Int, _ installed: String) -> [Finding] {
            version { ($0.serverVersion, $0.installed, $0.available) = (server, installed, installed) }
                .filter { $0.check == "end-of-line" }
        }
        #expect(levels(findings(150_020, "2.28.3")) == [.warning])
        #expect(levels(findings(140_000, "2.19.0")) == [.warning])
        #expect(findings(150_020, "2.28.3").first?.what.contains("PostgreSQL 15") == true)
        #expect(findings(150_020, "2.28.3").first?.remedy?.contains("pg_upgrade") == true)
        #expect(findings(150_020, "2.27.0").isEmpty, "there is a newer one to be had")
        #expect(findings(170_011, "2.29.2").isEmpty)
    }

    @Test("A TimescaleDB that is newer than any tested is named")
    func untested() {
        let findings = version { ($0.installed, $0.available) = ("2.100.0", "2.100.0") }
        #expect(levels(findings) == [.ok, .ok, .note])
        #expect(findings.last?.what.contains("2.100.0") == true)
    }

    @Test("An extension behind the server's library is a warning, and none at all an error")
    func extensionVersion() {
        let behind = version { $0.available = "2.28.4" }
        #expect(levels(behind) == [.ok, .ok, .warning])
        #expect(behind.last?.remedy?.contains("ALTER EXTENSION") == true)
        #expect(levels(version { $0.available = nil }) == [.ok, .ok])
        #expect(version { $0.installed = nil }.first?.remedy?.contains("migrate") == true)
        #expect(
            version { ($0.installed, $0.available) = (nil, nil) }.first?.remedy?.contains("install") == true)
    }

    @Test("The Apache edition is told what it lacks and what to do")
    func apache() {
        let findings = version { $0.edition = .apache }
        #expect(levels(findings) == [.ok, .ok, .note])
        #expect(findings.last?.remedy?.contains("Community") == true)
    }

    @Test("A library that is not loaded is an error")
    func preload() {
        #expect(PreloadCheck(isPreloaded: true).findings.isEmpty)
        #expect(levels(PreloadCheck(isPreloaded: false).findings) == [.error])
    }

    @Test("Background workers: one for each database and some for jobs")
    func workers() {
        func check(_ workers: Int?, _ processes: Int, jobs: Int = 10) -> [Finding.Level] {
            levels(
                BackgroundWorkersCheck(
                    timescaleWorkers: workers, processes: processes, parallel: 8, databases: 3, jobs: jobs
                ).findings)
        }
        #expect(check(7, 18) == [.ok])
        #expect(check(6, 18) == [.warning])
        #expect(check(5, 18, jobs: 2) == [.ok])
        #expect(check(4, 18, jobs: 2) == [.warning])
        #expect(check(7, 17) == [.warning])
        #expect(check(6, 16) == [.warning, .warning])
        #expect(check(nil, 1).isEmpty, "that the library is not loaded is said elsewhere")
    }

    @Test("Memory: at each threshold, and one byte below")
    func memory() {
        func check(_ shared: Int64, _ work: Int64, _ maintenance: Int64) -> [Finding.Level] {
            levels(
                MemoryCheck(sharedBuffers: shared, workMemory: work, maintenanceMemory: maintenance).findings)
        }
        let (shared, work, maintenance) = (256 << 20 as Int64, 4 << 20 as Int64, 64 << 20 as Int64)
        #expect(check(shared, work, maintenance) == [.ok])
        #expect(check(shared - 1, work, maintenance) == [.warning])
        #expect(check(shared, work - 1, maintenance) == [.warning])
        #expect(check(shared, work, maintenance - 1) == [.warning])
        #expect(check(0, 0, 0).count == 3)
    }

    @Test("Locks: a scan of all chunks fits into half the table of locks, or does not")
    func locks() {
        #expect(levels(LocksCheck(perTransaction: 64, transactions: 100, chunks: 640).findings) == [.ok])
        let full = LocksCheck(perTransaction: 64, transactions: 100, chunks: 641).findings
        #expect(levels(full) == [.warning])
        #expect(full.first?.remedy?.contains("at least 65") == true)
        #expect(levels(LocksCheck(perTransaction: 65, transactions: 100, chunks: 641).findings) == [.ok])
        #expect(levels(LocksCheck(perTransaction: 64, transactions: 0, chunks: 1).findings) == [.warning])
    }

    @Test("Durability: fsync is an error, the others less")
    func durability() {
        func check(_ fsync: Bool, _ full: Bool, _ commit: String) -> [Finding.Level] {
            levels(
                DurabilityCheck(fsync: fsync, fullPageWrites: full, synchronousCommit: commit).findings)
        }
        #expect(check(true, true, "on") == [.ok])
        #expect(check(true, true, "remote_apply") == [.ok])
        #expect(check(false, true, "on") == [.error])
        #expect(check(true, false, "on") == [.warning])
        #expect(check(true, true, "off") == [.note])
    }

    @Test("Clocks: two seconds are allowed, and the doubt that the round trip leaves")
    func clocks() {
        func check(_ database: Double, roundTrip: Double = 0) -> [Finding.Level] {
            levels(ClockCheck(before: 1_000, database: 1_000 + database, after: 1_000 + roundTrip).findings)
        }
        #expect(check(2) == [.ok])
        #expect(check(2.001) == [.warning])
        #expect(check(-2) == [.ok])
        #expect(check(-2.001) == [.warning])
        // The middle of the round trip is at 0.5: 2.5 ahead of it, give or take 0.5.
        #expect(check(3, roundTrip: 1) == [.ok])
        #expect(check(3.001, roundTrip: 1) == [.warning])
        let ahead = ClockCheck(before: 0, database: 60, after: 0).findings.first?.what ?? ""
        #expect(ahead.contains("60 s ahead of"))
        #expect(
            ClockCheck(before: 60, database: 0, after: 60).findings.first?.what.contains("behind") == true)
    }

    @Test("Statistics: what is off is named")
    func statistics() {
        #expect(levels(StatisticsCheck(autovacuum: true, trackCounts: true, bytes: 1).findings) == [.ok])
        #expect(
            levels(StatisticsCheck(autovacuum: false, trackCounts: true, bytes: 1).findings) == [
                .ok, .warning,
            ])
        let counts = StatisticsCheck(autovacuum: true, trackCounts: false, bytes: 1).findings
        #expect(counts.last?.what.contains("track_counts is off") == true)
    }
}
