import Testing

@testable import HyperstepShipper

@Suite("Where a collector listens")
struct EndpointTests {
    @Test(
        "What is an endpoint is read",
        arguments: [
            ("http://127.0.0.1:4319", "127.0.0.1", 4319, true), ("http://localhost", "localhost", 4319, true),
            ("HTTP://collector.example:80/", "collector.example", 80, false),
            ("http://[::1]:9", "::1", 9, true),
            ("http://127.evil.example:1", "127.evil.example", 1, false),
            ("http://127.0.0.999:1", "127.0.0.999", 1, false), ("http://127.8.9.1", "127.8.9.1", 4319, true),
        ])
    func read(text: String, host: String, port: Int, isLoopback: Bool) throws {
        let endpoint = try Endpoint(text)
        #expect(endpoint.host == host)
        #expect(endpoint.port == port)
        #expect(endpoint.isLoopback == isLoopback)
        #expect(try Endpoint(endpoint.description) == endpoint)
    }

    @Test(
        "What is none is refused, and a password in it is not repeated",
        arguments: [
            "", "127.0.0.1:4319", "ftp://host", "https://host", "http://", "http://:80", "http://host:0",
            "http://host:65536", "http://host:x", "http://host/path", "http://user:secret@host",
            "http://[::1]x",
            "http://ho st",
        ])
    func refused(text: String) {
        let error = #expect(throws: EndpointError.self) { try Endpoint(text) }
        #expect(error?.description.contains("secret") == false)
    }

    @Test("No description of a configuration shows its token")
    func hidden() {
        let configuration = ShipperConfiguration(endpoint: nil, token: "sesame", directory: "/tmp")
        var dumped = ""
        dump(configuration, to: &dumped)
        for text in ["\(configuration)", String(reflecting: configuration), dumped] {
            #expect(!text.contains("sesame"))
        }
    }
}
