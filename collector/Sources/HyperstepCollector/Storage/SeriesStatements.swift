import HyperstepPostgres
import HyperstepWire

/// What is done to `series`, which has an id for each instrument of a service with one choice of its dimensions.
enum SeriesStatements {
    static func prepare(on connection: PostgresConnection) throws(PostgresError) {
        // One look for each series, and not a join: planned while the table was small, it would read all of it.
        let given = "unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[])"
        let found = """
            SELECT s.id FROM series AS s
            WHERE s.service = u.service AND s.name = u.name AND s.kind = u.kind::smallint AND s.unit = u.unit
              AND s.dimensions = u.dimensions::jsonb
            """
        try connection.prepare(
            "finding series",
            """
            SELECT u.place, (\(found))
            FROM \(given) WITH ORDINALITY AS u (service, name, kind, unit, dimensions, place)
            """)
        try connection.prepare(
            "counting series",
            """
            SELECT u.place, (SELECT count(*) FROM series AS s WHERE s.service = u.service)
            FROM unnest($1::text[]) WITH ORDINALITY AS u (service, place)
            """)
        // Only what is missing is inserted, since each try takes an id that is then lost.
        try connection.prepare(
            "making series",
            """
            INSERT INTO series (service, name, kind, unit, dimensions)
            SELECT u.service, u.name, u.kind::smallint, u.unit, u.dimensions::jsonb
            FROM \(given) AS u (service, name, kind, unit, dimensions)
            WHERE NOT EXISTS (\(found))
            ON CONFLICT DO NOTHING
            """)
    }

    /// The ids of series, by their places; nil for those that are not there.
    static func find(
        _ series: ArraySlice<ServiceSeries>, on connection: PostgresConnection
    ) throws(PostgresError) -> [Int64?] {
        let rows = try connection.query(prepared: "finding series", values(series))
        return NameStatements.numbers(in: rows, count: series.count)
    }

    /// How many series each of these services has.
    static func counts(
        of owners: [NameOwner], on connection: PostgresConnection
    ) throws(PostgresError) -> [NameOwner: Int] {
        let services = owners.map { owner in
            if case .service(let bytes) = owner { String(decoding: bytes, as: UTF8.self) } else { "" }
        }
        let rows = try connection.query(prepared: "counting series", [.texts(services)])
        let counts = NameStatements.numbers(in: rows, count: services.count)
        return Dictionary(
            zip(owners, counts.map { Int($0 ?? 0) }), uniquingKeysWith: { first, _ in first })
    }

    /// Makes series that are not there.
    static func make(
        _ series: ArraySlice<ServiceSeries>, on connection: PostgresConnection
    ) throws(PostgresError) {
        _ = try connection.query(prepared: "making series", values(series))
    }

    private static func values(_ series: ArraySlice<ServiceSeries>) -> [PostgresValue] {
        [
            .texts(series.map(\.service)), .texts(series.map(\.series.name)),
            .int64s(series.map { Int64($0.series.kind.rawValue) }), .texts(series.map(\.series.unit)),
            .texts(series.map(\.series.dimensionsJSON)),
        ]
    }
}

extension Series {
    /// The dimensions as a JSON object of texts.
    var dimensionsJSON: String {
        var json: [UInt8] = [UInt8(ascii: "{")]
        for (place, dimension) in dimensions.enumerated() {
            if place > 0 { json.append(UInt8(ascii: ",")) }
            json.append(quoted: dimension.key)
            json.append(UInt8(ascii: ":"))
            json.append(quoted: dimension.value)
        }
        json.append(UInt8(ascii: "}"))
        return String(decoding: json, as: UTF8.self)
    }
}

extension [UInt8] {
    /// Appends a text as JSON has it.
    fileprivate mutating func append(quoted text: String) {
        append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): self += [UInt8(ascii: "\\"), byte]
            case 0..<0x20: self += "\\u00\(byte < 0x10 ? "0" : "")\(String(byte, radix: 16))".utf8
            default: append(byte)
            }
        }
        append(UInt8(ascii: "\""))
    }
}
