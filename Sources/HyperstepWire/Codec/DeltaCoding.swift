/// Counters travel as differences, which are small where the values are not. Arithmetic wraps, so every
/// sequence of values has exactly one sequence of differences and back.
enum DeltaCoding {
    /// Writes the first value and then each one's difference to the one before it.
    static func encode<Value: FixedWidthInteger>(_ values: [Value], into deltas: UnsafeMutablePointer<Value>)
    {
        var previous: Value = 0
        for (index, value) in values.enumerated() {
            deltas[index] = value &- previous
            previous = value
        }
    }

    /// The values whose differences these are.
    static func decode<Value: FixedWidthInteger>(_ deltas: UnsafeBufferPointer<Value>) -> [Value] {
        Array(unsafeUninitializedCapacity: deltas.count) { values, count in
            var value: Value = 0
            for (index, delta) in deltas.enumerated() {
                value &+= delta
                values.initializeElement(at: index, to: value)
            }
            count = deltas.count
        }
    }
}
