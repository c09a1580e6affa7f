import Foundation

/// A path in a folder of its own, removed with this.
final class TemporaryFile {
    let folder: String
    var path: String { folder + "/digits.checkpoint" }

    init() throws {
        let url = FileManager.default.temporaryDirectory.appending(path: "digits-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        folder = url.path
    }

    deinit {
        try? FileManager.default.removeItem(atPath: folder)
    }

    func bytes() throws -> [UInt8] {
        Array(try Data(contentsOf: URL(filePath: path)))
    }

    func write(_ bytes: some Sequence<UInt8>) throws {
        try Data(bytes).write(to: URL(filePath: path))
    }
}
