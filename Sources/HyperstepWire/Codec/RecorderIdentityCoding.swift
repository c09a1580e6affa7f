import CHyperstepProto

private typealias CIdentity = Hyperstep__V1__RecorderIdentity

extension RecorderIdentity {
    /// The identity as a recorder's file holds it.
    public func encoded() -> [UInt8] {
        let writer = MessageWriter()
        let message: UnsafeMutablePointer<CIdentity> = writer.make {
            hyperstep__v1__recorder_identity__init($0)
        }
        message.pointee.model_id = modelID.map(writer.data) ?? writer.data([UInt8]())
        message.pointee.run_id = runID.map(writer.data) ?? writer.data([UInt8]())
        message.pointee.attempt = UInt32(clamping: attempt)
        message.pointee.rank = UInt32(clamping: rank)
        message.pointee.project = writer.string(project)
        message.pointee.run_name = writer.string(runName)
        message.pointee.model_name = writer.string(modelName)
        message.pointee.sdk = writer.string(sdk)
        message.pointee.instance_id = instanceID.map(writer.data) ?? writer.data([UInt8]())
        message.pointee.service = writer.string(service)
        return writer.bytes(of: message)
    }

    /// Reads what a recorder's file holds.
    ///
    /// - Throws: `WireError` naming the field that breaks the contract.
    public init(decoding bytes: UnsafeRawBufferPointer) throws(WireError) {
        self = try MessageReader.unpack(
            bytes, with: { hyperstep__v1__recorder_identity__unpack($0, $1, $2) }, named: "RecorderIdentity"
        ) { message throws(WireError) in
            let length = 0...WireLimits.maxNameBytes
            return RecorderIdentity(
                modelID: try MessageReader.optionalUUID(message.model_id, "model_id"),
                runID: try MessageReader.optionalUUID(message.run_id, "run_id"),
                attempt: try MessageReader.small(message.attempt, "attempt"),
                rank: try MessageReader.small(message.rank, "rank"),
                project: try MessageReader.text(message.project, "project", length: length),
                runName: try MessageReader.text(message.run_name, "run_name", length: length),
                modelName: try MessageReader.text(message.model_name, "model_name", length: length),
                sdk: try MessageReader.text(message.sdk, "sdk", length: length),
                instanceID: try MessageReader.optionalUUID(message.instance_id, "instance_id"),
                service: try MessageReader.text(message.service, "service", length: length))
        }
    }
}
