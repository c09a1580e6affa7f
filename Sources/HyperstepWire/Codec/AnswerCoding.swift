import CHyperstepProto

private typealias CAck = Hyperstep__V1__IngestAck
private typealias CError = Hyperstep__V1__IngestError

extension IngestAck {
    /// The ack as the body of a 200.
    public func encoded() -> [UInt8] {
        let writer = MessageWriter()
        let message: UnsafeMutablePointer<CAck> = writer.make { hyperstep__v1__ingest_ack__init($0) }
        message.pointee.stream_id = writer.data(stream)
        message.pointee.next_position = nextPosition
        message.pointee.rejected_reason = writer.string(rejectedReason)
        message.pointee.rejected_count = rejectedCount
        return writer.bytes(of: message)
    }

    /// Reads the body of a 200.
    ///
    /// - Throws: `WireError` naming the field that breaks the contract.
    public init(decoding bytes: UnsafeRawBufferPointer) throws(WireError) {
        self = try MessageReader.unpack(
            bytes, with: { hyperstep__v1__ingest_ack__unpack($0, $1, $2) }, named: "IngestAck"
        ) { message throws(WireError) in
            IngestAck(
                stream: try MessageReader.uuid(message.stream_id, "stream_id"),
                nextPosition: message.next_position,
                rejectedReason: try MessageReader.text(
                    message.rejected_reason, "rejected_reason", length: 0...WireLimits.maxJSONBytes),
                rejectedCount: message.rejected_count)
        }
    }
}

extension IngestError {
    /// The error as the body of an answer other than 200.
    public func encoded() -> [UInt8] {
        let writer = MessageWriter()
        let message: UnsafeMutablePointer<CError> = writer.make { hyperstep__v1__ingest_error__init($0) }
        message.pointee.field = writer.string(field)
        message.pointee.reason = writer.string(reason)
        message.pointee.next_position = nextPosition
        return writer.bytes(of: message)
    }

    /// Reads the body of an answer other than 200.
    ///
    /// - Throws: `WireError` naming the field that breaks the contract.
    public init(decoding bytes: UnsafeRawBufferPointer) throws(WireError) {
        self = try MessageReader.unpack(
            bytes, with: { hyperstep__v1__ingest_error__unpack($0, $1, $2) }, named: "IngestError"
        ) { message throws(WireError) in
            let length = 0...WireLimits.maxJSONBytes
            return IngestError(
                field: try MessageReader.text(message.field, "field", length: length),
                reason: try MessageReader.text(message.reason, "reason", length: length),
                nextPosition: message.next_position)
        }
    }
}
