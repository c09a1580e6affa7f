internal import HyperstepHTTP2
internal import HyperstepWire
internal import NIOCore

#if canImport(FoundationEssentials)
    import struct FoundationEssentials.UUID
#else
    import struct Foundation.UUID
#endif

/// What the collector says about a batch, in the words of the contract.
enum IngestAnswer {
    static let mediaType = "application/x-protobuf"

    static func response(to outcome: IngestOutcome, stream: UUID) -> HTTP2Response {
        switch outcome {
        case .committed(let next):
            acknowledged(IngestAck(stream: stream, nextPosition: next))
        case .rejected(let refusal, let next):
            acknowledged(
                IngestAck(
                    stream: stream, nextPosition: next, rejectedReason: refusal.reason,
                    rejectedCount: refusal.count))
        case .gap(let next):
            refused(
                409,
                IngestError(
                    field: "first_position", reason: "the batch expected next begins at position \(next)",
                    nextPosition: next))
        case .unavailable(let reason, let retryAfter):
            refused(503, IngestError(field: "", reason: reason), retryAfter: retryAfter)
        case .overloaded(let retryAfter):
            refused(
                429,
                IngestError(
                    field: "", reason: "more batches wait to be committed than may; send again later"),
                retryAfter: retryAfter)
        }
    }

    /// What the HTTP/2 layer refuses by itself.
    static func response(to refusal: HTTP2Refusal) -> HTTP2Response {
        let field =
            switch refusal {
            case .bodyTooLarge: "content-length"
            case .headersTooLarge, .overBudget, .bodyTimedOut, .unanswered: ""
            }
        return refused(
            refusal.status, IngestError(field: field, reason: refusal.reason),
            retryAfter: refusal.status == 503 ? .seconds(1) : nil)
    }

    static func malformed(_ error: WireError) -> HTTP2Response {
        refused(400, IngestError(field: error.field, reason: error.reason))
    }

    static func refused(
        _ status: Int, _ error: IngestError, headers: HTTP2Headers = [], retryAfter: Duration? = nil
    ) -> HTTP2Response {
        let retry = retryAfter.map { [(name: "retry-after", value: String(wholeSeconds($0)))] } ?? []
        return HTTP2Response(
            status: status, headers: [("content-type", mediaType)] + headers + retry,
            body: ByteBuffer(bytes: error.encoded()))
    }

    private static func acknowledged(_ ack: IngestAck) -> HTTP2Response {
        HTTP2Response(
            status: 200, headers: [("content-type", mediaType)], body: ByteBuffer(bytes: ack.encoded()))
    }

    /// `retry-after` counts whole seconds; a part of one counts as one, and none would invite a storm.
    private static func wholeSeconds(_ duration: Duration) -> Int64 {
        let (seconds, rest) = duration.components
        return max(1, rest > 0 ? seconds + 1 : seconds)
    }
}
