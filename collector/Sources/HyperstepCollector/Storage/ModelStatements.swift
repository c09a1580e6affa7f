import HyperstepPostgres
import HyperstepWire

/// What run events and windows do to `models`: the newest name, and the newest version that was given.
enum ModelStatements {
    /// A model as a record of `time`, nanoseconds since 1970, describes it.
    struct Sighting {
        let model: Model
        let time: Int64
    }

    /// Windows describe their model every few seconds: where nothing is new the row is not even locked, so that
    /// processes that serve one model do not wait for each other.
    static func prepare(on connection: PostgresConnection) throws(PostgresError) {
        try connection.prepare(
            "models that are new",
            """
            SELECT u.place FROM unnest($1::uuid[], $2::text[], $3::text[]) WITH ORDINALITY AS u (id, name, version, place)
            WHERE NOT EXISTS (SELECT FROM models AS k
                              WHERE k.id = u.id AND k.name = u.name AND (u.version = '' OR k.version = u.version))
            ORDER BY u.place
            """)
        try connection.prepare(
            "a model's row",
            """
            INSERT INTO models AS m (id, name, version, updated)
            SELECT $1::uuid, $2::text, $3::text, $4::timestamptz
            WHERE NOT EXISTS (SELECT FROM models AS k
                              WHERE k.id = $1 AND k.name = $2 AND ($3 IS NULL OR k.version = $3))
            ON CONFLICT (id) DO UPDATE SET
                name = EXCLUDED.name, version = coalesce(EXCLUDED.version, m.version), updated = EXCLUDED.updated
            WHERE EXCLUDED.updated >= m.updated
                AND (m.name, m.version) IS DISTINCT FROM (EXCLUDED.name, coalesce(EXCLUDED.version, m.version))
            """)
    }

    /// Applies what the records of a transaction say. Rows are touched in ascending order, so that writers do
    /// not wait for each other in a circle.
    static func apply(
        _ sightings: [Sighting], on connection: PostgresConnection
    ) throws(PostgresError) {
        for sighting in try new(inOrder(sightings), on: connection) {
            let model = sighting.model
            _ = try connection.query(
                prepared: "a model's row",
                [
                    .uuid(model.id), .text(model.name),
                    .text(orNull: model.version.isEmpty ? nil : model.version),
                    .timestamp(microseconds: PostgresTime.microseconds(fromNanoseconds: sighting.time)),
                ])
        }
    }

    /// Those that say something that the table does not: mostly none of them, and one question tells.
    private static func new(
        _ sightings: [Sighting], on connection: PostgresConnection
    ) throws(PostgresError) -> [Sighting] {
        guard !sightings.isEmpty else { return [] }
        let rows = try connection.query(
            prepared: "models that are new",
            [
                .uuids(sightings.map(\.model.id)), .texts(sightings.map(\.model.name)),
                .texts(sightings.map(\.model.version)),
            ])
        return (0..<rows.count).compactMap { rows.int64($0, 0) }.map { sightings[Int($0) - 1] }
    }

    /// By model and time; of those that follow each other and say the same, the last.
    static func inOrder(_ sightings: [Sighting]) -> [Sighting] {
        let order = sightings.indices.sorted {
            (sightings[$0].model.id, sightings[$0].time, $0)
                < (sightings[$1].model.id, sightings[$1].time, $1)
        }
        var kept: [Sighting] = []
        for index in order {
            if kept.last?.model == sightings[index].model { kept.removeLast() }
            kept.append(sightings[index])
        }
        return kept
    }
}

extension BatchRows {
    /// The models that these rows describe.
    var sightings: [ModelStatements.Sighting] {
        switch pending.batch.records {
        case .runEvents(let events):
            events[rows].compactMap { event -> ModelStatements.Sighting? in
                if case .started(let run) = event.event {
                    ModelStatements.Sighting(model: run.model, time: event.time)
                } else {
                    nil
                }
            }
        case .inferenceWindows(let windows):
            windows.windows[rows].map { ModelStatements.Sighting(model: $0.model, time: $0.time) }
        default: []
        }
    }
}
