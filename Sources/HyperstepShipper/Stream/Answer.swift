import HyperstepHTTP2
import HyperstepWire
import NIOCore

/// What a collector's response means to the stream that asked.
enum Answer: Equatable {
    /// Committed up to the position, but for what was refused for good.
    case acknowledged(upTo: UInt64, rejected: Rejection?)
    /// The collector expects this position next.
    case gap(next: UInt64)
    /// This batch will never be accepted.
    case refused(reason: String)
    /// Not now; the reason is for a person.
    case unavailable(reason: String, retryAfter: Duration?)

    /// Reads a response.
    ///
    /// Only a collector's own refusal of a body (400, 413 with an `IngestError`) gives a batch up. Anything
    /// that a proxy, a wrong address or a wrong token could answer keeps the records and is tried again.
    init(_ response: HTTP2Response) {
        let error = response.body.withUnsafeReadableBytes { try? IngestError(decoding: $0) }
        let said = error.map { $0.field.isEmpty ? $0.reason : "\($0.field): \($0.reason)" } ?? ""
        let status = "status \(response.status)" + (said.isEmpty ? "" : ": \(said)")
        switch response.status {
        case 200:
            guard let ack = response.body.withUnsafeReadableBytes({ try? IngestAck(decoding: $0) }) else {
                self = .unavailable(
                    reason: "the answer is no acknowledgement; is this address a Hyperstep collector?",
                    retryAfter: nil)
                return
            }
            self = .acknowledged(upTo: ack.nextPosition, rejected: Rejection(ack))
        case 409:
            // An empty body decodes as a gap at 0: only an error that says something is a collector's.
            self =
                error.flatMap { said.isEmpty ? nil : .gap(next: $0.nextPosition) }
                ?? .unavailable(reason: status, retryAfter: nil)
        case 400, 413:
            self = said.isEmpty ? .unavailable(reason: status, retryAfter: nil) : .refused(reason: status)
        default:
            let seconds = response.header("retry-after").flatMap { Int64($0) }
            self = .unavailable(
                reason: status, retryAfter: seconds.map { .seconds(min(max($0, 0), 300)) })
        }
    }
}

/// Records of a batch that were not written and never will be.
struct Rejection: Equatable {
    let reason: String
    /// How many; nil for all of the batch.
    let count: UInt64?

    init?(_ ack: IngestAck) {
        guard !ack.rejectedReason.isEmpty else { return nil }
        reason = ack.rejectedReason
        count = ack.rejectedCount == 0 ? nil : ack.rejectedCount
    }
}
