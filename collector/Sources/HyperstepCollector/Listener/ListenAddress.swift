import NIOCore

/// An address to listen on, as `--listen` takes it: `127.0.0.1:4319`, `[::1]:4319` or `localhost:4319`.
///
/// Only loopback addresses pass: until the collector has TLS and tokens, whoever reaches its port may write.
///
/// ```swift
/// let address = try ListenAddress("127.0.0.1:4319")
/// ```
public struct ListenAddress: Sendable, Hashable, CustomStringConvertible {
    /// An IPv4 or IPv6 address in its usual notation, without brackets, or `localhost`.
    public let host: String
    /// The port; 0 lets the system choose one.
    public let port: Int

    /// Where the collector listens unless told otherwise: `127.0.0.1:4319`.
    public static let standard = ListenAddress(host: "127.0.0.1", port: 4319)

    private init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// The same host with the port that the system chose.
    static func bound(_ address: ListenAddress, port: Int?) -> ListenAddress {
        ListenAddress(host: address.host, port: port ?? address.port)
    }

    /// Reads an address.
    ///
    /// - Throws: `ListenAddressError`, which says what is wrong with it.
    public init(_ text: String) throws(ListenAddressError) {
        let (written, digits) = try Self.split(text)
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let port = Int(digits), port <= 65_535
        else { throw .invalidPort(address: text) }
        self.init(host: written, port: port)
        guard let address = try? SocketAddress(ipAddress: numericHost, port: port) else {
            throw .invalidHost(address: text)
        }
        guard address.isLoopback else { throw .notLoopback(address: text) }
    }

    /// The address to bind: names are not looked up, so that nobody's resolver decides who reaches the port.
    var numericHost: String { host.lowercased() == "localhost" ? "127.0.0.1" : host }

    private static func split(_ text: String) throws(ListenAddressError) -> (host: String, port: String) {
        guard let colon = text.lastIndex(of: ":"), text.last != "]" else { throw .missingPort(address: text) }
        let (host, port) = (text[..<colon], text[text.index(after: colon)...])
        if host.hasPrefix("["), host.hasSuffix("]"), host.contains(":") {
            return (String(host.dropFirst().dropLast()), String(port))
        }
        // Without brackets nobody can tell where an IPv6 address ends and the port begins.
        guard !host.contains(where: { "[]:".contains($0) }) else { throw .invalidHost(address: text) }
        return (String(host), String(port))
    }

    /// The address as it is written, an IPv6 address in brackets.
    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

extension SocketAddress {
    /// Whether only programs on this machine reach it: 127.0.0.0/8 or ::1.
    fileprivate var isLoopback: Bool {
        switch self {
        case .v4: ipAddress?.hasPrefix("127.") ?? false
        case .v6: ipAddress == "::1"
        case .unixDomainSocket: false
        }
    }
}

/// Why an address cannot be listened on.
public enum ListenAddressError: Error, Sendable, Equatable, CustomStringConvertible {
    /// There is no `:PORT` at the end.
    case missingPort(address: String)
    /// What follows the last colon is no number from 0 to 65535.
    case invalidPort(address: String)
    /// What stands before the port is no IP address, nor `localhost`.
    case invalidHost(address: String)
    /// The address can be reached from other machines.
    case notLoopback(address: String)

    /// What is wrong, and what would be right, in one line.
    public var description: String {
        switch self {
        case .missingPort(let address):
            "expected HOST:PORT, for example 127.0.0.1:4319, got \"\(address)\""
        case .invalidPort(let address):
            "expected a port from 0 to 65535 (0 takes a free one), got \"\(address)\""
        case .invalidHost(let address):
            "expected an IPv4 address, an IPv6 address in brackets, or localhost, got \"\(address)\""
        case .notLoopback(let address):
            "expected a loopback address (127.0.0.1, [::1], localhost), got \"\(address)\": without TLS and "
                + "tokens, which are to come, anyone who reaches the port could write"
        }
    }
}
