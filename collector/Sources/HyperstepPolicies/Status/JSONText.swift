#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// JSON whose keys come in the order in which they are written, so that people can read it too.
indirect enum JSONText: Sendable, Equatable, CustomStringConvertible {
    case null
    case bool(Bool)
    case int(Int64)
    /// Null if it is not finite: JSON has no such number.
    case number(Double)
    case string(String)
    case array([JSONText])
    case object([(String, JSONText)])

    /// A number without a fraction.
    static func int(_ value: Int) -> JSONText { .int(Int64(value)) }

    /// Null for nil.
    static func orNull<Value>(_ value: Value?, _ text: (Value) -> JSONText) -> JSONText {
        value.map(text) ?? .null
    }

    /// Seconds since 1970 as `2026-11-23T05:00:00Z`.
    static func time(_ seconds: Double?) -> JSONText {
        orNull(seconds) { .string(Self.timestamp($0)) }
    }

    static func timestamp(_ seconds: Double) -> String {
        // Infinity is a legal time in PostgreSQL.
        guard seconds.isFinite, abs(seconds) < 1e11 else { return seconds < 0 ? "-infinity" : "infinity" }
        return Date(timeIntervalSince1970: seconds.rounded(.down)).ISO8601Format()
    }

    /// In one line.
    var description: String {
        switch self {
        case .null: "null"
        case .bool(let value): value ? "true" : "false"
        case .int(let value): "\(value)"
        case .number(let value): value.isFinite ? "\(value)" : "null"
        case .string(let value): Self.quoted(value)
        case .array(let values): "[" + values.map(\.description).joined(separator: ",") + "]"
        case .object(let members):
            "{" + members.map { "\(Self.quoted($0)):\($1)" }.joined(separator: ",") + "}"
        }
    }

    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\t": quoted += "\\t"
            case "\r": quoted += "\\r"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }

    static func == (left: Self, right: Self) -> Bool { left.description == right.description }
}
