/// Why a connection or an exchange failed.
///
/// ```swift
/// exchange.response.whenFailure { error in
///     guard let error = error as? HTTP2Error, error.isRetryable else { return }
///     // The peer has not acted on the request: send it again.
/// }
/// ```
public struct HTTP2Error: Error, Sendable, Equatable, CustomStringConvertible {
    /// What kind of failure it was.
    public enum Code: Sendable, Equatable {
        /// No connection came about.
        case connectFailed
        /// The peer speaks something else than HTTP/2.
        case notHTTP2
        /// The connection is gone; whether the peer acted on the request is not known.
        case closed
        /// The peer takes no new requests on this connection; it has not acted on this one.
        case goingAway
        /// The peer refused the request before acting on it.
        case refused
        /// The peer broke off this one exchange.
        case reset
        /// Neither an answer nor progress in sending the body within the time allowed.
        case timedOut
        /// The body or the headers of the response are larger than the configuration allows.
        case responseTooLarge
        /// As many requests are in flight as the configuration allows.
        case tooManyRequests
        /// The request cannot be sent as it stands.
        case invalidRequest
        /// The peer broke the rules of HTTP/2.
        case protocolViolation
        /// The peer answered before it had the whole body; the rest was not sent.
        case bodyNotSent
        /// libnghttp2 refused a call: out of memory, or a defect here.
        case library
    }

    /// What kind of failure it was.
    public let code: Code
    /// What was attempted and what happened, for a person.
    public let message: String

    /// An error of the given kind.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// Whether the peer certainly has not acted on the request, so that sending it again, on this or a new
    /// connection, cannot do it twice.
    public var isRetryable: Bool {
        switch code {
        case .connectFailed, .goingAway, .refused, .tooManyRequests: true
        default: false
        }
    }

    /// The message.
    public var description: String { message }
}
