import Foundation

/// What a collector says of itself over plain HTTP/1.1, as a person or a load balancer asks.
enum Health {
    /// The status of an answer; nil when there is none.
    static func status(port: Int, _ path: String) -> Int? {
        guard let socket = connected(to: port) else { return nil }
        defer { close(socket) }
        let request = Array("GET \(path) HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n".utf8)
        guard send(socket, request, request.count, 0) == request.count else { return nil }
        var answer = [UInt8](repeating: 0, count: 64)
        let length = recv(socket, &answer, answer.count, Int32(MSG_WAITALL))
        let words = String(decoding: answer.prefix(max(length, 0)), as: UTF8.self).split(separator: " ")
        return words.count > 1 ? Int(words[1]) : nil
    }

    /// Sends bytes that mean nothing, and hangs up.
    static func shout(_ bytes: [UInt8], port: Int) {
        guard let socket = connected(to: port) else { return }
        _ = send(socket, bytes, bytes.count, 0)
        close(socket)
    }

    private static func connected(to port: Int) -> Int32? {
        let socket = Foundation.socket(AF_INET, streamType, 0)
        guard socket >= 0 else { return nil }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let isConnected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        if isConnected { return socket }
        close(socket)
        return nil
    }

    #if canImport(Glibc)
        private static let streamType = Int32(SOCK_STREAM.rawValue)
    #else
        private static let streamType = SOCK_STREAM
    #endif
}
