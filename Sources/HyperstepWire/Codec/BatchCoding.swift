import CHyperstepProto

private typealias CBatch = Hyperstep__V1__Batch

extension Batch {
    /// The batch as the body of `POST /v1/ingest`.
    ///
    /// - Throws: `WireError` naming the first field that breaks the contract.
    public func encoded() throws(WireError) -> [UInt8] {
        try check()
        let writer = MessageWriter()
        let message: UnsafeMutablePointer<CBatch> = writer.make { hyperstep__v1__batch__init($0) }
        message.pointee.stream_id = writer.data(stream)
        message.pointee.first_position = firstPosition
        message.pointee.position_count = positionCount
        message.pointee.n_void_offsets = voidOffsets.count
        message.pointee.void_offsets = writer.copy(voidOffsets)
        message.pointee.dropped_records = droppedRecords
        try records.write(to: message, writer)
        return writer.bytes(of: message)
    }

    /// Reads a request's body.
    ///
    /// Fields that this version does not know are ignored.
    /// - Throws: `WireError` naming the first field that breaks the contract. Whatever the bytes are, it
    ///   never traps and takes a bounded amount of memory.
    public init(decoding bytes: UnsafeRawBufferPointer) throws(WireError) {
        self = try MessageReader.unpack(
            bytes, with: { hyperstep__v1__batch__unpack($0, $1, $2) }, named: "Batch"
        ) { message throws(WireError) in
            Batch(
                stream: try MessageReader.uuid(message.stream_id, "stream_id"),
                firstPosition: message.first_position, positionCount: message.position_count,
                voidOffsets: MessageReader.array(message.void_offsets, message.n_void_offsets),
                droppedRecords: message.dropped_records, records: try Records(message))
        }
        try check()
    }
}
