public import NIOCore

/// Why a server answers a request itself, without its owner.
public enum HTTP2Refusal: Sendable, Equatable {
    /// The body is, or announces to be, larger than this many bytes: 413.
    case bodyTooLarge(limit: Int)
    /// The header fields take more than this many bytes: 431.
    case headersTooLarge(limit: Int)
    /// The server holds as many bytes of bodies as it may: 503.
    case overBudget(limit: Int)
    /// The body stopped arriving for this long: 408.
    case bodyTimedOut(TimeAmount)
    /// The owner let go of the responder without an answer, or gave one that cannot be sent: 500.
    case unanswered(String)

    /// The status code that says this.
    public var status: Int {
        switch self {
        case .bodyTooLarge: 413
        case .headersTooLarge: 431
        case .overBudget: 503
        case .bodyTimedOut: 408
        case .unanswered: 500
        }
    }

    /// The reason, for a person.
    public var reason: String {
        switch self {
        case .bodyTooLarge(let limit): "the request body is larger than \(limit) bytes"
        case .headersTooLarge(let limit): "the request's header fields take more than \(limit) bytes"
        case .overBudget(let limit):
            "the server holds as many bytes of requests as it may (\(limit)); try again later"
        case .bodyTimedOut(let time):
            "no byte of the request's body arrived for \(time.nanoseconds / 1_000_000) ms"
        case .unanswered(let why): why
        }
    }

    /// The answer given where the configuration names no other: the reason as plain text, and `retry-after: 1`
    /// with 503.
    public var plainResponse: HTTP2Response {
        HTTP2Response(
            status: status, headers: status == 503 ? [("retry-after", "1")] : [], text: reason)
    }
}
