import Testing

@testable import HyperstepCollector

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

@Suite("SQL files inside the binary")
struct EmbeddedSQLTests {
    /// The folder of the C target, found from this file's place in the checkout.
    private static let folder =
        "\(#filePath)".split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 }
        + "/Sources/CollectorSQL/"

    private func files(_ folder: String) throws -> [String: String] {
        let names = try FileManager.default.contentsOfDirectory(atPath: Self.folder + folder)
        return try Dictionary(
            uniqueKeysWithValues: names.filter { $0.hasSuffix(".sql") }.map {
                ($0, try String(contentsOfFile: Self.folder + folder + "/" + $0, encoding: .utf8))
            })
    }

    private func embedded(_ migrations: [Migration]) -> [String: String] {
        Dictionary(uniqueKeysWithValues: migrations.map { ($0.name, $0.sql) })
    }

    @Test("The list in the binary and the files in the folders are the same")
    func listAndFolder() throws {
        #expect(try embedded(MigrationSet.embedded.versioned) == files("migrations"))
        #expect(try embedded(MigrationSet.embedded.repeatable) == files("repeatable"))
    }

    @Test("Versions are 1, 2, 3 … in the order of the list")
    func order() {
        let versions = MigrationSet.embedded.versioned.map(\.version)
        #expect(versions == (0..<versions.count).map { Int32($0 + 1) })
    }

    @Test("A frozen file is as it was when its checksum was committed")
    func frozen() throws {
        let lines = try String(contentsOfFile: Self.folder + "migrations/CHECKSUMS", encoding: .utf8)
        let committed = lines.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        #expect(committed == MigrationSet.embedded.versioned.map { [$0.checksum, $0.name] })
    }

    @Test(
        "SHA-256 gives the standard's examples",
        arguments: [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
            ),
        ])
    func sha256(text: String, digest: String) {
        #expect(SHA256.hexadecimal(of: text) == digest)
    }
}
