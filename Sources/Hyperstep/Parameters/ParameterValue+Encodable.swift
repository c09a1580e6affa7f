extension ParameterValue {
    /// The value that an `Encodable` describes, a struct's as an ``object(_:)`` of its properties.
    ///
    /// Numbers of all types are taken as `ParameterValue(number)` takes them, NaN and infinities too; a `Date` is the text of
    /// ISO 8601, a `URL` its text, `Data` in base 64. A property that is nil is left out, as by `JSONEncoder`.
    ///
    /// - Throws: `EncodingError` for what cannot be a parameter: nested more than 32 deep, or more than 64 KiB; and what
    ///   `value` itself throws.
    public init(encoding value: some Encodable) throws {
        let budget = ParameterEncoder.Budget()
        let node = ParameterEncoder.Node()
        try ParameterEncoder(node: node, budget: budget, codingPath: []).write(value)
        if let error = budget.error { throw error }
        self = node.value
    }
}

extension [String: ParameterValue] {
    /// The parameters that an `Encodable` has: its properties by their names.
    ///
    /// ```swift
    /// struct Hyperparameters: Encodable {
    ///     var learningRate: Float = 0.1
    ///     var layers = [128, 64]
    /// }
    /// let run = try Run.start(
    ///     project: "digits", name: "mlp-32", model: "digits-mlp", parameters: .init(encoding: Hyperparameters()))
    /// ```
    ///
    /// - Throws: `EncodingError` where the value is no object, and as ``ParameterValue/init(encoding:)`` does.
    public init(encoding value: some Encodable) throws {
        guard case .object(let members) = try ParameterValue(encoding: value) else {
            throw EncodingError.invalidValue(
                value,
                EncodingError.Context(
                    codingPath: [],
                    debugDescription: "parameters have names: expected a struct or a dictionary of texts"))
        }
        self = members
    }
}
