import Foundation

/// How many calls of `run.step` had returned in a trainer, run by run, when its process ended.
struct ProgressFile {
    let path: String

    init() {
        path =
            FileManager.default.temporaryDirectory.appending(path: "hyperstep-progress-\(UUID().uuidString)")
            .path
    }

    func read() throws -> [Int] {
        let data = try Data(contentsOf: URL(filePath: path))
        return data.withUnsafeBytes { bytes in
            stride(from: 0, to: bytes.count, by: 8).map {
                Int(bytes.loadUnaligned(fromByteOffset: $0, as: UInt64.self))
            }
        }
    }

    func remove() { try? FileManager.default.removeItem(atPath: path) }
}
