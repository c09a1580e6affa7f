#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The folder for batches that a collector refused for good: nothing is thrown away.
struct SetAside {
    private let folder: URL
    /// Bytes that the folder may hold. A collector that refuses everything must not fill the disk.
    private let limit: UInt64

    init(directory: String, limit: UInt64) {
        folder = URL(filePath: directory).appending(path: "set-aside")
        self.limit = limit
    }

    /// There is no room for another batch: the stream has to wait with it.
    struct Full: Error, CustomStringConvertible {
        let description: String
    }

    /// Writes a batch to a file of its own.
    ///
    /// - Returns: the file's path.
    /// - Throws: `Full` where the folder has reached its limit; errors of the file system.
    func keep(_ piece: StreamReader.Piece, of stream: UUID) throws -> String {
        try FileManager.default.createDirectory(
            at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let held = try FileManager.default.contentsOfDirectory(atPath: folder.path).reduce(UInt64(0)) {
            sum, name in
            let attributes = try FileManager.default.attributesOfItem(
                atPath: folder.appending(path: name).path)
            return sum + (attributes[.size] as? UInt64 ?? 0)
        }
        guard held + UInt64(piece.bytes.count) <= limit else {
            throw Full(
                description:
                    "\(folder.path) holds \(held) of at most \(limit) bytes; look at what is in it and delete it"
            )
        }
        let file = folder.appending(path: "\(stream.uuidString.lowercased())-\(piece.first).batch")
        try Data(piece.bytes).write(to: file, options: .atomic)
        return file.path
    }
}
