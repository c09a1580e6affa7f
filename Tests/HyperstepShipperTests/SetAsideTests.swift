import Foundation
import Testing

@testable import HyperstepShipper

@Suite("Batches that a collector refused for good")
struct SetAsideTests {
    @Test("They are kept byte for byte until the folder is full, and then refused by name")
    func bounded() throws {
        let directory = try temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let setAside = SetAside(directory: directory, limit: 100)
        let stream = UUID()
        let bytes = (0..<60).map { UInt8($0) }
        let file = try setAside.keep(.init(first: 0, last: 1, bytes: bytes), of: stream)
        #expect(try [UInt8](Data(contentsOf: URL(filePath: file))) == bytes)
        let error = #expect(throws: SetAside.Full.self) {
            try setAside.keep(.init(first: 1, last: 2, bytes: bytes), of: stream)
        }
        #expect(error?.description.contains("set-aside holds 60 of at most 100 bytes") == true)
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory + "/set-aside").count == 1)
    }
}
