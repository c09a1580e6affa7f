import CHyperstepProto

private typealias CSeries = Hyperstep__V1__Series
private typealias CDimension = Hyperstep__V1__Dimension

extension Series {
    /// The series as a recorder's file holds it.
    ///
    /// - Throws: `WireError` naming the first field that breaks the contract.
    public func encoded() throws(WireError) -> [UInt8] {
        try check("series")
        let writer = MessageWriter()
        return writer.bytes(of: message(writer))
    }

    /// Reads a series that `encoded()` made.
    ///
    /// - Throws: `WireError` naming the field that breaks the contract.
    public init(decoding bytes: UnsafeRawBufferPointer) throws(WireError) {
        self = try MessageReader.unpack(
            bytes, with: { hyperstep__v1__series__unpack($0, $1, $2) }, named: "Series"
        ) { message throws(WireError) in try Series(message, "series") }
        try check("series")
    }

    /// The C struct.
    func message(_ writer: MessageWriter) -> UnsafeMutablePointer<Hyperstep__V1__Series> {
        let message: UnsafeMutablePointer<CSeries> = writer.make { hyperstep__v1__series__init($0) }
        message.pointee.name = writer.string(name)
        message.pointee.kind = Hyperstep__V1__Series__Kind(rawValue: kind.rawValue)
        message.pointee.unit = writer.string(unit)
        message.pointee.n_dimensions = dimensions.count
        message.pointee.dimensions = writer.copy(dimensions.map { Optional($0.message(writer)) })
        return message
    }

    /// Reads the C struct; what its values have to be, `check` says.
    init(_ message: borrowing Hyperstep__V1__Series, _ field: String) throws(WireError) {
        self.init(
            name: try MessageReader.text(message.name, "\(field).name", length: 1...WireLimits.maxNameBytes),
            kind: Kind(rawValue: UInt32(truncatingIfNeeded: message.kind.rawValue)),
            unit: try MessageReader.text(message.unit, "\(field).unit", length: 0...WireLimits.maxNameBytes),
            dimensions: try MessageReader.messages(
                message.dimensions, message.n_dimensions, "\(field).dimensions",
                atMost: WireLimits.maxDimensions
            ) { dimension, field throws(WireError) in try Dimension(dimension, field) })
    }

    /// Checks every length and range.
    func check(_ field: String) throws(WireError) {
        try FieldRules.text(name, "\(field).name", length: 1...WireLimits.maxNameBytes)
        guard (1...UInt32(Int16.max)).contains(kind.rawValue) else {
            throw WireError(
                field: "\(field).kind", reason: "expected 1 to \(Int16.max), got \(kind.rawValue)")
        }
        try FieldRules.text(unit, "\(field).unit", length: 0...WireLimits.maxNameBytes)
        try FieldRules.length(dimensions.count, "\(field).dimensions", atMost: WireLimits.maxDimensions)
        var previous: Dimension?
        for (index, dimension) in dimensions.enumerated() {
            let path = "\(field).dimensions[\(index)]"
            try FieldRules.text(dimension.key, "\(path).key", length: 1...WireLimits.maxNameBytes)
            try FieldRules.text(dimension.value, "\(path).value", length: 0...WireLimits.maxSeriesBytes)
            if let previous, !previous.key.utf8.lexicographicallyPrecedes(dimension.key.utf8) {
                throw WireError(
                    field: "\(path).key",
                    reason: "expected keys ascending by their bytes, each once; got one that is not after "
                        + "the one before it")
            }
            previous = dimension
        }
        // One index of the database has all of it.
        let bytes = dimensions.reduce(name.utf8.count + unit.utf8.count) {
            $0 + $1.key.utf8.count + $1.value.utf8.count
        }
        guard bytes <= WireLimits.maxSeriesBytes else {
            throw WireError(
                field: field,
                reason: "expected name, unit and dimensions of at most \(WireLimits.maxSeriesBytes) bytes "
                    + "together, got \(bytes)")
        }
    }
}

extension Series.Dimension {
    fileprivate func message(_ writer: MessageWriter) -> UnsafeMutablePointer<Hyperstep__V1__Dimension> {
        let message: UnsafeMutablePointer<CDimension> = writer.make { hyperstep__v1__dimension__init($0) }
        message.pointee.key = writer.string(key)
        message.pointee.value = writer.string(value)
        return message
    }

    fileprivate init(_ message: borrowing Hyperstep__V1__Dimension, _ field: String) throws(WireError) {
        self.init(
            key: try MessageReader.text(message.key, "\(field).key", length: 1...WireLimits.maxNameBytes),
            value: try MessageReader.text(
                message.value, "\(field).value", length: 0...WireLimits.maxSeriesBytes))
    }
}
