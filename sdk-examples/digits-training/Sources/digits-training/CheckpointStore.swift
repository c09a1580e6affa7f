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

    func read() throws -> Checkpoint {
        try Checkpoint(contentsOf: path)
    }

    func write(_ checkpoint: Checkpoint) throws {
        try checkpoint.write(to: path)
    }
}
