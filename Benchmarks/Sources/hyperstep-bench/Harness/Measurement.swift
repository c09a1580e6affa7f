/// One line of the output.
struct Measurement: Sendable {
    var name: String
    var value: Double
    var unit: String
    /// What it is compared with, in the same run, and this value as a multiple of that one.
    var comparison: (against: String, ratio: Double)?
    /// A word for the reader of the table.
    var note = ""

    /// What is promised of it.
    var bound: Bound? { Promises.bound(of: name) }
    var isMissed: Bool { bound.map { !$0.isKept(by: self) } ?? false }

    /// One JSON object; names and units are ours and need no escapes.
    var json: String {
        var json = "{\"name\":\"\(name)\",\"value\":\(Self.number(value)),\"unit\":\"\(unit)\""
        if let comparison {
            json += ",\"against\":\"\(comparison.against)\",\"ratio\":\(Self.number(comparison.ratio))"
        }
        if let bound { json += ",\(bound.json),\"kept\":\(!isMissed)" }
        return json + "}"
    }

    /// Four significant figures: more would be noise.
    static func number(_ value: Double) -> String {
        guard value.isFinite, value != 0 else { return value == 0 ? "0" : "null" }
        var scale = 1.0
        while abs(value) * scale < 1_000 && scale < 1e9 { scale *= 10 }
        let rounded = (value * scale).rounded() / scale
        return rounded == rounded.rounded() && abs(rounded) < 1e15 ? "\(Int(rounded))" : "\(rounded)"
    }
}
