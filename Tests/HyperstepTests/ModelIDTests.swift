import Foundation
import Testing

@testable import Hyperstep

@Suite("A model's id")
struct ModelIDTests {
    @Test(
        "SHA-1 gives the digests of RFC 3174",
        arguments: [
            ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "84983e441c3bd26ebaae4aa1f95129e5e54670f1"
            ),
            (String(repeating: "a", count: 1_000_000), "34aa973cd4c4daa4f61eeb2bdbad27316534016f"),
            (
                String(repeating: "01234567", count: 80),
                "dea356a2cddd90c7a7ecedc5ebb563934f460452"
            ),
            ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
        ])
    func digest(message: String, expected: String) {
        let digest = SHA1.digest(Array(message.utf8)).map { String(format: "%02x", $0) }.joined()
        #expect(digest == expected)
    }

    @Test("A name-based UUID is the one of RFC 9562's example")
    func standardVector() throws {
        let dns = try #require(UUID(uuidString: "6ba7b810-9dad-11d1-80b4-00c04fd430c8"))
        #expect(
            UUID(version5In: dns, name: "www.example.com").uuidString.lowercased()
                == "2ed6657d-e927-568b-95e1-2665a8aea6a2")
    }

    @Test("Name and version give the ids that Python's uuid5 gives")
    func ownVectors() {
        func id(_ name: String, _ version: String? = nil) -> String {
            ModelID.of(name: name, version: version).uuidString.lowercased()
        }
        #expect(id("digits-mlp") == "a4d11570-befa-5553-a74e-c971cef96983")
        #expect(id("digits-mlp", "2") == "570cdb24-95d2-5d4c-bc60-4147ad1746a9")
        #expect(id("模型 α") == "1ff8bfcd-8330-563d-8747-ba8229c3b3ba")
    }
}
