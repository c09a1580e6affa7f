import CHyperstepProto

private typealias CModel = Hyperstep__V1__Model

extension Model {
    /// The C struct.
    func message(_ writer: MessageWriter) -> UnsafeMutablePointer<Hyperstep__V1__Model> {
        let message: UnsafeMutablePointer<CModel> = writer.make { hyperstep__v1__model__init($0) }
        message.pointee.id = writer.data(id)
        message.pointee.name = writer.string(name)
        message.pointee.version = writer.string(version)
        return message
    }

    /// Reads the C struct, checking the length of every text.
    init(_ message: borrowing Hyperstep__V1__Model, _ field: String) throws(WireError) {
        self.init(
            id: try MessageReader.uuid(message.id, "\(field).id"),
            name: try MessageReader.text(message.name, "\(field).name", length: 1...WireLimits.maxNameBytes),
            version: try MessageReader.text(
                message.version, "\(field).version", length: 0...WireLimits.maxNameBytes))
    }

    /// What a model inside another record is held to before it is written.
    func check(_ field: String) throws(WireError) {
        try FieldRules.text(name, "\(field).name", length: 1...WireLimits.maxNameBytes)
        try FieldRules.text(version, "\(field).version", length: 0...WireLimits.maxNameBytes)
    }
}
