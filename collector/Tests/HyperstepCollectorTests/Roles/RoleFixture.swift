import HyperstepPostgres
import TestDatabases
import Testing

@testable import HyperstepCollector

/// A database with roles and a login in each group.
struct RoleFixture {
    let names: RoleNames
    let superuser: TestDatabase
    let collector: TestDatabase
    let reader: TestDatabase

    /// Makes roles in a database, by its superuser, with logins that are members of them.
    init(_ database: TestDatabase, _ prefix: String) throws {
        names = try #require(RoleNames(prefix: prefix))
        superuser = try database.asSuperuser
        _ = try Migrator(superuser.connect(), roles: names).run()
        let password = String(UInt64.random(in: 0 ..< .max), radix: 36)
        let connection = try superuser.connect()
        for (login, group) in [("_c", names.collector), ("_r", names.reader)] {
            try connection.execute(
                "CREATE ROLE \(prefix)\(login) LOGIN PASSWORD '\(password)' IN ROLE \(group)")
        }
        collector = database.login(prefix + "_c", password: password)
        reader = database.login(prefix + "_r", password: password)
    }
}

extension PostgresConnection {
    /// All cells as text, a row a line.
    func lines(_ sql: String) throws -> [String] {
        let rows = try query(sql)
        return (0..<rows.count).map { rows.text($0, 0) ?? "null" }
    }

    /// The SQLSTATE with which the server refuses a statement; nil if it does not.
    func refusal(of sql: String) -> PostgresError? {
        do {
            try execute(sql)
            return nil
        } catch { return error }
    }

    /// What a function that returns a boolean returns.
    func bool(_ sql: String) throws -> Bool? { try query("SELECT " + sql).bool(0, 0) }
}

extension TestEdition {
    var isCommunity: Bool { name == "community" }
}

/// Two aggregates of Hyperstep's names, in small: what the policy functions change.
let twoAggregates = """
    CREATE MATERIALIZED VIEW public.training_metrics_minutely
    WITH (timescaledb.continuous, timescaledb.materialized_only = true) AS
    SELECT time_bucket('1 minute', time) AS bucket, model_id, run_id, count(*) AS sample_count
    FROM public.training_metrics GROUP BY 1, 2, 3 WITH NO DATA;
    CREATE MATERIALIZED VIEW public.training_metrics_hourly
    WITH (timescaledb.continuous, timescaledb.materialized_only = true) AS
    SELECT time_bucket('1 hour', bucket) AS bucket, model_id, run_id, sum(sample_count) AS sample_count
    FROM public.training_metrics_minutely GROUP BY 1, 2, 3 WITH NO DATA;
    """

/// Rows of three days, an hour apart.
let threeDays = """
    INSERT INTO public.training_metrics (time, model_id, run_id, epoch, batch, step)
    SELECT now() - make_interval(hours => i), gen_random_uuid(), gen_random_uuid(), 0, i, i
    FROM generate_series(0, 71) AS i
    """
