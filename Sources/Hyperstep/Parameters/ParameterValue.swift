/// The value of a run's parameter: what JSON can say, written as literals.
///
/// ```swift
/// let parameters: [String: ParameterValue] = [
///     "learning_rate": 0.1,
///     "optimizer": ["name": "adamw", "betas": [0.9, 0.999]],
///     "seed": .int(seed),
/// ]
/// ```
public enum ParameterValue: Sendable, Hashable {
    /// No value.
    case null
    /// True or false.
    case bool(Bool)
    /// A whole number.
    case int(Int)
    /// A number. NaN and infinities are stored as the strings `"NaN"`, `"Infinity"` and `"-Infinity"`, since
    /// JSON has no such numbers.
    case double(Double)
    /// Text. A character U+0000, which the database cannot store, becomes U+FFFD.
    case string(String)
    /// Values in order.
    case array([ParameterValue])
    /// Values by name. Nested more than 32 deep, a parameter is refused.
    case object([String: ParameterValue])
}

extension ParameterValue: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByStringInterpolation, ExpressibleByArrayLiteral,
    ExpressibleByDictionaryLiteral
{
    /// `nil` is ``null``.
    public init(nilLiteral: ()) {
        self = .null
    }

    /// `true` and `false` are a ``bool(_:)``.
    public init(booleanLiteral value: Bool) {
        self = .bool(value)
    }

    /// A whole number is an ``int(_:)``.
    public init(integerLiteral value: Int) {
        self = .int(value)
    }

    /// A number with a fraction is a ``double(_:)``.
    public init(floatLiteral value: Double) {
        self = .double(value)
    }

    /// Text is a ``string(_:)``.
    public init(stringLiteral value: String) {
        self = .string(value)
    }

    /// Values in brackets are an ``array(_:)``.
    public init(arrayLiteral elements: ParameterValue...) {
        self = .array(elements)
    }

    /// Names and values in brackets are an ``object(_:)``; of a name written twice the last value holds.
    public init(dictionaryLiteral elements: (String, ParameterValue)...) {
        self = .object(Dictionary(elements, uniquingKeysWith: { $1 }))
    }
}
