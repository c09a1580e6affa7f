#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The folder for batches that a collector refused for good: nothing is thrown away.
struct SetAside {
    private let folder: URL

    init(directory: String) {
        folder = URL(filePath: directory).appending(path: "set-aside")
    }

    /// Writes a batch to a file of its own.
    ///
    /// - Returns: the file's path.
    func keep(_ piece: StreamReader.Piece, of stream: UUID) throws -> String {
        try FileManager.default.createDirectory(
            at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let file = folder.appending(path: "\(stream.uuidString.lowercased())-\(piece.first).batch")
        try Data(piece.bytes).write(to: file, options: .atomic)
        return file.path
    }
}
