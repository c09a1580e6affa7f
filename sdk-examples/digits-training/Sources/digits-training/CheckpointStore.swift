import ArgumentParser
import DigitsModel
import Foundation

/// A folder with the newest checkpoint of a training.
struct CheckpointStore {
    private let path: String

    /// Makes the folder where there is none.
    init(folder: String) throws {
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw ValidationError(
                "cannot make the folder of --checkpoint, \(folder): \(error.localizedDescription)")
        }
        path = folder + "/" + Checkpoint.fileName
    }

    /// What an earlier training left here took its time: another one does not write over it without being told.
    func refuseIfTaken() throws {
        guard FileManager.default.fileExists(atPath: path) else { return }
        throw ValidationError(
            """
            \(path) holds a training: go on with it by --resume, name another folder, or remove the file to train anew
            """)
    }

    func read() throws -> Checkpoint {
        try Checkpoint(contentsOf: path)
    }

    func write(_ checkpoint: Checkpoint) throws {
        try checkpoint.write(to: path)
    }
}
