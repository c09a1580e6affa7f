import Testing

@testable import HyperstepCollector

@Suite("Addresses to listen on")
struct ListenAddressTests {
    @Test(
        "Loopback addresses pass",
        arguments: [
            ("127.0.0.1:4319", "127.0.0.1:4319"), ("127.1.2.3:0", "127.1.2.3:0"),
            ("[::1]:65535", "[::1]:65535"),
            ("localhost:1", "localhost:1"),
        ])
    func accepted(text: String, description: String) throws {
        #expect(try ListenAddress(text).description == description)
    }

    @Test("The standard address is loopback itself")
    func standard() throws {
        #expect(try ListenAddress("127.0.0.1:4319") == .standard)
    }

    @Test(
        "An address that other machines reach is refused with that reason",
        arguments: [
            "0.0.0.0:4319", "192.168.1.1:4319", "[::]:4319", "[fe80::1]:4319", "[::ffff:127.0.0.1]:4319",
            "128.0.0.1:1", "12.7.0.0:1",
        ])
    func notLoopback(text: String) {
        #expect(throws: ListenAddressError.notLoopback(address: text)) { try ListenAddress(text) }
        #expect(ListenAddressError.notLoopback(address: text).description.contains("token"))
    }

    @Test(
        "Names are not looked up, and what only begins like loopback is no address",
        arguments: [
            "example.com:4319", "127.0.0.1.example.com:4319", "127.1:4319", ":4319", "::1:4319", "[::1:4319",
            "[localhost]:80", " 127.0.0.1:80", "127.0.0.1 :80", "127.0.0.1:4319:1",
        ])
    func invalidHost(text: String) {
        #expect(throws: ListenAddressError.self) { try ListenAddress(text) }
        do throws(ListenAddressError) {
            _ = try ListenAddress(text)
        } catch {
            if case .notLoopback = error { Issue.record("\(text) was taken for an address") }
            #expect(error.description.contains("\"\(text)\""))
        }
    }

    @Test(
        "A port is a number from 0 to 65535",
        arguments: [
            "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:+1", "127.0.0.1:http", "127.0.0.1:1 ",
            "127.0.0.1:99999999999999999999", "127.0.0.1:٣",
        ])
    func invalidPort(text: String) {
        #expect(throws: ListenAddressError.invalidPort(address: text)) { try ListenAddress(text) }
    }

    @Test("A port that is missing is asked for", arguments: ["127.0.0.1", "[::1]", "localhost", ""])
    func missingPort(text: String) {
        #expect(throws: ListenAddressError.missingPort(address: text)) { try ListenAddress(text) }
    }
}
