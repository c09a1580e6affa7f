import CHyperstepProto

private typealias CState = Hyperstep__V1__RunState

extension RunState {
    /// The answer as the body of a response.
    public func encoded() -> [UInt8] {
        let writer = MessageWriter()
        let message: UnsafeMutablePointer<CState> = writer.make { hyperstep__v1__run_state__init($0) }
        message.pointee.run_id = writer.data(runID)
        message.pointee.attempt = UInt32(clamping: attempt)
        message.pointee.status = writer.string(status)
        return writer.bytes(of: message)
    }

    /// Reads an answer.
    ///
    /// - Throws: `WireError` naming the field that breaks the contract.
    public init(decoding bytes: UnsafeRawBufferPointer) throws(WireError) {
        self = try MessageReader.unpack(
            bytes, with: { hyperstep__v1__run_state__unpack($0, $1, $2) }, named: "RunState"
        ) { message throws(WireError) in
            RunState(
                runID: try MessageReader.uuid(message.run_id, "run_id"),
                attempt: try MessageReader.small(message.attempt, "attempt"),
                status: try MessageReader.text(message.status, "status", length: 1...WireLimits.maxNameBytes))
        }
    }
}

extension MessageWriter {
    /// A step as a message, so that none at all differs from 0.
    func stepNumber(_ step: Int64?) -> UnsafeMutablePointer<Hyperstep__V1__StepNumber>? {
        guard let step else { return nil }
        let message: UnsafeMutablePointer<Hyperstep__V1__StepNumber> = make {
            hyperstep__v1__step_number__init($0)
        }
        message.pointee.value = step
        return message
    }
}

extension MessageReader {
    /// A step, nil where there is none.
    static func stepNumber(_ message: UnsafeMutablePointer<Hyperstep__V1__StepNumber>?) -> Int64? {
        message?.pointee.value
    }
}
