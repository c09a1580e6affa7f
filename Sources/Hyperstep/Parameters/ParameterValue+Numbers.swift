extension ParameterValue {
    /// A number of any type of fractions: ``double(_:)``.
    ///
    /// A `Float` is the double that is written as it is: 0.1 and not 0.10000000149011612. Of a number wider than 64 bits
    /// it is the nearest double.
    public init(_ value: some BinaryFloatingPoint) {
        self = .double(Self.double(value))
    }

    /// A whole number of any type: ``int(_:)`` where it fits, else ``double(_:)`` where that is exact, else the text of its
    /// digits.
    public init(_ value: some BinaryInteger) {
        if let int = Int(exactly: value) {
            self = .int(int)
        } else if let double = Double(exactly: value) {
            self = .double(double)
        } else {
            self = .string(String(value))
        }
    }

    private static func double<Value: BinaryFloatingPoint>(_ value: Value) -> Double {
        guard Value.significandBitCount < Double.significandBitCount, value.isFinite,
            let text = (value as? any CustomStringConvertible)?.description,
            // Only where it is the same number, read back.
            let written = Double(text), Value(written) == value
        else { return Double(value) }
        return written
    }
}
