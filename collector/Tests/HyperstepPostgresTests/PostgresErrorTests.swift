import HyperstepPostgres
import Testing

@Suite("What errors and URLs say")
struct PostgresErrorTests {
    @Test(
        "A SQLSTATE tells what can be done about it",
        arguments: [
            ("", PostgresError.Kind.connectionLost), ("08006", .connectionLost), ("57P01", .connectionLost),
            ("40001", .retryable), ("40P01", .retryable), ("55P03", .retryable), ("53100", .retryable),
            ("57014", .retryable), ("25006", .session), ("22P02", .data), ("23514", .data),
            ("0A000", .data), ("42P01", .schema), ("28P01", .schema), ("XX000", .other),
        ])
    func kinds(code: String, kind: PostgresError.Kind) {
        #expect(PostgresError(code: code, message: "").kind == kind)
    }

    @Test(
        "A URL that cannot be read is refused with the setting's name and without its password",
        arguments: [
            "mysql://user:hunter2@host/db", "hunter2", "", "postgresql://user:hunter2%zz@host/db",
            "postgres://user:hunter2@host:5432/db?nonsense=1", "host=x password=hunter2 nonsense=1",
        ])
    func badURL(text: String) {
        let error = #expect(throws: PostgresError.self) { try PostgresURL(text) }
        #expect(error?.kind == .settings)
        #expect(error?.description.contains("--database-url") == true)
        #expect(error?.description.contains("hunter2") == false)
    }

    @Test(
        "A URL shows host, port and database, and never its password",
        arguments: [
            ("postgresql://me:hunter2@db.example:6000/metrics", "db.example:6000/metrics"),
            ("postgres://me:hunter2@db.example/metrics?sslmode=require", "db.example:5432/metrics"),
            ("host=db.example password=hunter2 dbname=metrics", "db.example:5432/metrics"),
        ])
    func shown(text: String, display: String) throws {
        let url = try PostgresURL(text)
        var dumped = ""
        dump(url, to: &dumped)
        #expect("\(url)" == display)
        #expect(!dumped.contains("hunter2"))
        #expect(!String(reflecting: url).contains("hunter2"))
    }

    @Test("A server that is not there is a lost connection, and the password is not in the error")
    func nobodyThere() throws {
        let url = try PostgresURL("postgresql://me:hunter2@127.0.0.1:1/metrics")
        let error = #expect(throws: PostgresError.self) { _ = try PostgresConnection(url) }
        #expect(error?.kind == .connectionLost)
        #expect(error?.description.contains("127.0.0.1:1/metrics") == true)
        #expect(error?.description.contains("hunter2") == false)
    }

    @Test("Where the server has no room for locks the error names the setting to raise")
    func locks() {
        let full = PostgresError(
            code: "53200", severity: "ERROR", message: "making a note: out of shared memory")
        #expect(full.description.contains("max_locks_per_transaction"))
        let memory = PostgresError(code: "53200", severity: "ERROR", message: "sorting: out of memory")
        #expect(!memory.description.contains("max_locks_per_transaction"))
    }
}
