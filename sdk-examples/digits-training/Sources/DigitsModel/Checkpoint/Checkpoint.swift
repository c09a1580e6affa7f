#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// A training between two epochs: all that is needed to go on from there, or to serve what was trained so far.
public struct Checkpoint: Sendable, Equatable {
    /// The run that trains.
    public var runID: UUID
    /// What it trains with.
    public var hyperparameters: Hyperparameters
    /// Epochs that are done.
    public var epoch: Int
    /// Optimiser steps that are done: the number of the next one.
    public var step: Int
    /// The model, velocities included.
    public var model: Perceptron

    /// A checkpoint of these.
    public init(runID: UUID, hyperparameters: Hyperparameters, epoch: Int, step: Int, model: Perceptron) {
        self.runID = runID
        self.hyperparameters = hyperparameters
        self.epoch = epoch
        self.step = step
        self.model = model
    }

    /// The name of the file in a folder of checkpoints.
    public static let fileName = "digits.checkpoint"
    /// The largest file that is read.
    static let largestFile = 16 << 20

    /// Writes it to a file, in the place of one that may be there.
    ///
    /// Whenever the process or the machine stops, the file is either the old or the new one, whole: the new one is
    /// written beside it, brought to disk and renamed.
    ///
    /// - Throws: ``CheckpointError``.
    public func write(to path: String) throws(CheckpointError) {
        try WholeFile.write(encoded, to: path)
    }

    /// Reads one from a file.
    ///
    /// - Throws: ``CheckpointError`` where there is none, or it is damaged, or of another version.
    public init(contentsOf path: String) throws(CheckpointError) {
        let bytes = try WholeFile.read(path, atMost: Self.largestFile)
        do {
            try self.init(encoded: bytes)
        } catch {
            throw CheckpointError(
                "read", path, error.reason,
                advice: error.isNewer
                    ? "read it with the program that wrote it"
                    : "use another checkpoint, or train anew without --resume")
        }
    }
}

/// Why a checkpoint could not be read or written.
public struct CheckpointError: Error, Sendable, CustomStringConvertible {
    /// The file.
    public let path: String
    private let text: String

    init(_ verb: String, _ path: String, _ reason: String, advice: String) {
        self.path = path
        text = "cannot \(verb) the checkpoint \(path): \(reason); \(advice)"
    }

    /// As "cannot read the checkpoint …: it is not whole …; use another checkpoint …".
    public var description: String { text }
}
