/// Where a collector listens, as `http://127.0.0.1:4319`.
public struct Endpoint: Hashable, Sendable, CustomStringConvertible {
    /// A name or an address; an IPv6 address without its brackets.
    public let host: String
    /// 1 to 65,535.
    public let port: Int

    /// The collector's port where none is given.
    public static let defaultPort = 4319

    /// Reads `http://HOST[:PORT]`.
    ///
    /// - Throws: `EndpointError` that says what was expected, and repeats nothing of a user or password.
    public init(_ text: String) throws(EndpointError) {
        guard let separator = text.firstRange(of: "://") else {
            throw EndpointError("has no scheme; expected http://HOST:PORT, as http://127.0.0.1:4319")
        }
        switch text[..<separator.lowerBound].lowercased() {
        case "http": break
        case "https":
            throw EndpointError(
                "asks for https, which this version does not speak yet; use http to a collector on this machine"
            )
        default: throw EndpointError("has another scheme than http; expected http://HOST:PORT")
        }
        var rest = text[separator.upperBound...]
        if rest.hasSuffix("/") { rest.removeLast() }
        guard !rest.contains(where: { "/?#".contains($0) }) else {
            throw EndpointError("has a path; expected http://HOST:PORT and nothing after it")
        }
        guard !rest.contains("@") else {
            throw EndpointError(
                "holds a user or password; expected http://HOST:PORT, and a token as a setting of its own")
        }
        (host, port) = try Self.hostAndPort(rest)
    }

    private static func hostAndPort(_ text: Substring) throws(EndpointError) -> (String, Int) {
        var host = text
        var port: Substring?
        if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
            host = text[text.index(after: text.startIndex)..<end]
            let after = text[text.index(after: end)...]
            guard after.isEmpty || after.hasPrefix(":") else {
                throw EndpointError("has something other than a port after its address")
            }
            port = after.isEmpty ? nil : after.dropFirst()
        } else if let colon = text.lastIndex(of: ":") {
            host = text[..<colon]
            port = text[text.index(after: colon)...]
        }
        guard !host.isEmpty, host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw EndpointError("has no host; expected http://HOST:PORT")
        }
        guard let port else { return (String(host), defaultPort) }
        guard let number = Int(port), (1...65_535).contains(number) else {
            throw EndpointError("has a port that is not a number from 1 to 65535")
        }
        return (String(host), number)
    }

    /// Whether what is sent there stays on this machine.
    public var isLoopback: Bool {
        if host.lowercased() == "localhost" || host == "::1" { return true }
        // Anything that is not four numbers of a byte each is a name, which may be anybody's.
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    /// Host and port as the `:authority` of a request.
    public var authority: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// The endpoint as it is written in settings.
    public var description: String { "http://\(authority)" }
}

/// A text that names no collector.
public struct EndpointError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What is wrong, as the end of a sentence about the endpoint.
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}
