import CLibPQ

/// A notice or warning that the server sent along with a statement.
public struct PostgresNotice: Sendable, Equatable {
    /// As the server says it: `WARNING`, `NOTICE`, …
    public let severity: String
    /// What it says.
    public let message: String

    /// A notice.
    public init(severity: String, message: String) {
        self.severity = severity
        self.message = message
    }
}

/// Takes the server's notices from libpq's callback to a Swift closure.
final class NoticeReceiver {
    let handler: (PostgresNotice) -> Void

    init(handler: @escaping (PostgresNotice) -> Void) { self.handler = handler }

    /// Has `connection` call this receiver, which must outlive it.
    func attach(to connection: OpaquePointer) {
        // Unretained is sound: PostgresConnection keeps the receiver until after PQfinish, and libpq calls
        // back only inside calls on that connection.
        PQsetNoticeReceiver(
            connection,
            { context, result in
                guard let context, let result else { return }
                let receiver = Unmanaged<NoticeReceiver>.fromOpaque(context).takeUnretainedValue()
                let error = PostgresError(result: result)
                receiver.handler(PostgresNotice(severity: error.severity, message: error.message))
            }, Unmanaged.passUnretained(self).toOpaque())
    }
}

extension PostgresError {
    /// What a result reports. For errors about values the message ends before the value it quotes.
    init(result: OpaquePointer?, attempted: String? = nil) {
        func field(_ code: Character) -> String {
            PQresultErrorField(result, Int32(code.asciiValue ?? 0)).map { String(cString: $0) } ?? ""
        }
        let code = field("C")
        var message = field("M")
        if message.isEmpty {
            message = PQresultErrorMessage(result).map { String(cString: $0) }?.trimmedLine ?? ""
        }
        if code.hasPrefix("22"), let quote = message.firstRange(of: ": \"") {
            message = String(message[..<quote.lowerBound])
        }
        self.init(
            code: code, severity: field("S"), message: attempted.map { "\($0): \(message)" } ?? message)
    }
}

extension String {
    /// One line of libpq's several.
    var trimmedLine: String {
        split { $0.isNewline }.map { $0.split { $0.isWhitespace }.joined(separator: " ") }
            .joined(separator: "; ")
    }
}
