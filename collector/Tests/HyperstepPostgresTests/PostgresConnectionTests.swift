import Foundation
import HyperstepPostgres
import Synchronization
import TestDatabases
import Testing

@Suite(
    "A connection to a real server",
    .needsDatabase, .mayBlock)
struct PostgresConnectionTests {
    @Test("Parameters of every type come back as they were sent", arguments: TestEdition.all)
    func parameters(edition: TestEdition) throws {
        try withTestDatabase(edition) { database in
            let connection = try database.connect()
            let id = UUID()
            let rows = try connection.query(
                """
                SELECT $1::bool, $2::int2, $3::int4, $4::int8, $5::float8, $6::text, $7::bytea, $8::uuid,
                       $9::jsonb, $10::timestamptz, $11::text, ($12::uuid[])[2], ($13::int8[])[1], ($14::text[])[3],
                       ($12::uuid[])[1], cardinality($15::int8[])
                """,
                [
                    .bool(true), .int16(.min), .int32(.max), .int64(.min), .double(-0.0), .text("naïve ☃"),
                    .bytes([0, 255, 1]), .uuid(id), .jsonb(#"{"a": [1, null]}"#),
                    .timestamp(microseconds: -1),
                    .null, .uuids([nil, id]), .int64s([.max]), .texts(["", "b", "ç"]), .int64s([]),
                ])
            #expect(rows.count == 1)
            #expect(rows.bool(0, 0) == true)
            #expect(rows.int64(0, 1) == Int64(Int16.min))
            #expect(rows.int64(0, 2) == Int64(Int32.max))
            #expect(rows.int64(0, 3) == .min)
            #expect(rows.double(0, 4)?.bitPattern == (-0.0).bitPattern)
            #expect(rows.text(0, 5) == "naïve ☃")
            #expect(rows.byteArray(0, 6) == [0, 255, 1])
            #expect(rows.uuid(0, 7) == id)
            #expect(rows.jsonb(0, 8) == #"{"a": [1, null]}"#)
            #expect(rows.int64(0, 9) == -1)
            #expect(rows.text(0, 10) == nil)
            #expect(rows.uuid(0, 11) == id)
            #expect(rows.int64(0, 12) == .max)
            #expect(rows.text(0, 13) == "ç")
            #expect(rows.uuid(0, 14) == nil)
            #expect(rows.int64(0, 15) == 0)
        }
    }

    @Test(
        "An error names its SQLSTATE, quotes no value, and leaves the connection usable",
        arguments: TestEdition.all)
    func statementError(edition: TestEdition) throws {
        try withTestDatabase(edition) { database in
            let connection = try database.connect()
            let error = #expect(throws: PostgresError.self) {
                _ = try connection.query("SELECT $1::text::int", [.text("hunter2")])
            }
            #expect(error?.code == "22P02")
            #expect(error?.kind == .data)
            #expect(error?.description.contains("hunter2") == false)
            #expect(try connection.query("SELECT 1::int8").int64(0, 0) == 1)
        }
    }

    @Test("COPY sends megabytes in chunks and reports the rows", arguments: TestEdition.all)
    func copy(edition: TestEdition) throws {
        try withTestDatabase(edition) { database in
            let connection = try database.connect()
            try connection.execute("CREATE TABLE t (a int8, b float8, c text, d jsonb, e uuid)")
            let id = UUID()
            let rows = try connection.copyIn("COPY t FROM STDIN WITH (FORMAT binary)") {
                writer throws(PostgresError) in
                var copy = PostgresBinaryCopy(capacity: 100_000)
                copy.header()
                for value in 0..<Int64(50_000) {
                    copy.row(fields: 5)
                    copy.int8(value)
                    copy.float8(value % 2 == 0 ? nil : Double(value))
                    copy.text("row \(value)")
                    copy.jsonb(#"{"v": 1}"#)
                    copy.uuid(id)
                    if copy.count > 90_000 { try writer.write(&copy) }
                }
                copy.trailer()
                try writer.write(&copy)
            }
            #expect(rows == 50_000)
            let found = try connection.query(
                "SELECT count(*), sum(a)::int8, sum(b), count(*) FILTER (WHERE c = 'row ' || a AND e = $1) FROM t",
                [.uuid(id)])
            #expect(found.int64(0, 0) == 50_000)
            #expect(found.int64(0, 1) == 1_249_975_000)
            #expect(found.double(0, 2) == 625_000_000)
            #expect(found.int64(0, 3) == 50_000)
        }
    }

    @Test(
        "A COPY that its sender or the server gives up leaves no rows and a usable connection",
        arguments: TestEdition.all)
    func copyFails(edition: TestEdition) throws {
        try withTestDatabase(edition) { database in
            let connection = try database.connect()
            try connection.execute("CREATE TABLE t (a int8)")
            let mine = PostgresError(kind: .other, message: "mine")
            #expect(throws: mine) {
                try connection.copyIn("COPY t FROM STDIN WITH (FORMAT binary)") { _ throws(PostgresError) in
                    throw mine
                }
            }
            let torn = #expect(throws: PostgresError.self) {
                try connection.copyIn("COPY t FROM STDIN WITH (FORMAT binary)") {
                    writer throws(PostgresError) in
                    var copy = PostgresBinaryCopy()
                    copy.header()
                    for _ in 0..<200_000 {
                        copy.row(fields: 3)
                        copy.int8(1)
                    }
                    try writer.write(&copy)
                }
            }
            #expect(torn?.code == "22P04")
            let missing = #expect(throws: PostgresError.self) {
                try connection.copyIn("COPY nowhere FROM STDIN WITH (FORMAT binary)") {
                    _ throws(PostgresError) in
                }
            }
            #expect(missing?.code == "42P01")
            #expect(connection.transactionStatus == .idle)
            #expect(try connection.query("SELECT count(*) FROM t").int64(0, 0) == 0)
        }
    }

    @Test(
        "A connection whose server process is ended reports itself lost, and stays so",
        arguments: TestEdition.all)
    func terminated(edition: TestEdition) throws {
        try withTestDatabase(edition) { database in
            let connection = try database.connect()
            _ = try database.connect().query(
                "SELECT pg_terminate_backend($1)", [.int32(connection.serverProcess)])
            for _ in 0..<2 {
                let error = #expect(throws: PostgresError.self) { try connection.execute("SELECT 1") }
                #expect(error?.kind == .connectionLost)
            }
        }
    }

    @Test(
        "An operation that the server does not answer in time ends as a lost connection",
        arguments: TestEdition.all)
    func timesOut(edition: TestEdition) throws {
        var options = PostgresConnection.Options()
        options.operationTimeout = .milliseconds(200)
        try withTestDatabase(edition) { database in
            let connection = try database.connect(options)
            let error = #expect(throws: PostgresError.self) { try connection.execute("SELECT pg_sleep(600)") }
            #expect(error?.kind == .connectionLost)
            #expect(throws: PostgresError.self) { try connection.execute("SELECT 1") }
        }
    }

    @Test("Another thread can cancel a statement", arguments: TestEdition.all)
    func cancel(edition: TestEdition) throws {
        try withTestDatabase(edition) { database in
            let connection = try database.connect()
            let cancel = try #require(connection.makeCancel())
            let process = connection.serverProcess
            // A thread, not a task: this test's own blocks one of the few that tasks run on.
            Thread.detachNewThread {
                let other = try? database.connect()
                let asleep = "SELECT wait_event = 'PgSleep' FROM pg_stat_activity WHERE pid = $1"
                while let other, (try? other.query(asleep, [.int32(process)]).bool(0, 0)) != true {}
                cancel.cancel()
            }
            let error = #expect(throws: PostgresError.self) { try connection.execute("SELECT pg_sleep(600)") }
            #expect(error?.code == "57014")
        }
    }

    @Test("Notices reach the handler, and session settings hold", arguments: TestEdition.all)
    func notices(edition: TestEdition) throws {
        let seen = Mutex<[PostgresNotice]>([])
        var options = PostgresConnection.Options()
        options.onNotice = { notice in seen.withLock { $0.append(notice) } }
        options.session = ["statement_timeout": "1234"]
        try withTestDatabase(edition) { database in
            let connection = try database.connect(options)
            try connection.execute("DO $$ BEGIN RAISE WARNING 'careful'; END $$")
            #expect(seen.withLock { $0 } == [PostgresNotice(severity: "WARNING", message: "careful")])
            #expect(try connection.query("SHOW statement_timeout").text(0, 0) == "1234ms")
        }
    }

    @Test("A prepared statement runs again and again", arguments: TestEdition.all)
    func prepared(edition: TestEdition) throws {
        try withTestDatabase(edition) { database in
            let connection = try database.connect()
            try connection.prepare("twice", "SELECT 2 * $1::int8")
            for value in Int64(0)..<5 {
                #expect(try connection.query(prepared: "twice", [.int64(value)]).int64(0, 0) == 2 * value)
            }
        }
    }
}
