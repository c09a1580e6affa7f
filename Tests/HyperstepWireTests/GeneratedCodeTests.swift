import Foundation
import Testing

/// The generated C is committed, so that users need no generator; this shows that it is current.
@Suite("The committed C is what the contract makes")
struct GeneratedCodeTests {
    static let generator = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../proto/generate").standardizedFileURL

    static let hasCompiler = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        .contains { FileManager.default.isExecutableFile(atPath: "\($0)/protoc-c") }

    @Test(
        "proto/generate --check finds no difference",
        .enabled(if: hasCompiler, "needs protoc-c: install protobuf-c-compiler (apt) or protobuf-c (brew)"))
    func current() throws {
        let process = Process()
        process.executableURL = Self.generator
        process.arguments = ["--check"]
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
    }
}
