import DigitsModel
import Testing

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The file is read by the server and by the next attempt of a training: neither may trust it.
@Suite struct CheckpointTests {
    private var checkpoint: Checkpoint {
        var hyperparameters = Hyperparameters()
        hyperparameters.hiddenUnits = 3
        hyperparameters.seed = .max
        return Checkpoint(
            runID: UUID(), hyperparameters: hyperparameters, epoch: 2, step: 90,
            model: Perceptron(hyperparameters))
    }

    @Test("What was written is read, and a second write takes the place of the first")
    func roundTrip() throws {
        let file = try TemporaryFile()
        var checkpoint = checkpoint
        try checkpoint.write(to: file.path)
        #expect(try Checkpoint(contentsOf: file.path) == checkpoint)
        checkpoint.epoch = 3
        try checkpoint.write(to: file.path)
        #expect(try Checkpoint(contentsOf: file.path) == checkpoint)
        #expect(try FileManager.default.contentsOfDirectory(atPath: file.folder) == ["digits.checkpoint"])
    }

    @Test("A file that is cut anywhere is refused by name")
    func cut() throws {
        let file = try TemporaryFile()
        try checkpoint.write(to: file.path)
        let bytes = try file.bytes()
        for length in 0..<bytes.count {
            try file.write(bytes.prefix(length))
            let error = #expect(throws: CheckpointError.self) { try Checkpoint(contentsOf: file.path) }
            #expect(error?.path == file.path)
        }
    }

    @Test("A file in which any byte is another, or that is longer, is refused")
    func damaged() throws {
        let file = try TemporaryFile()
        try checkpoint.write(to: file.path)
        let bytes = try file.bytes()
        for index in bytes.indices {
            var damaged = bytes
            damaged[index] ^= 1 << UInt8(index % 8)
            try file.write(damaged)
            #expect(throws: CheckpointError.self) { try Checkpoint(contentsOf: file.path) }
        }
        try file.write(bytes + [0])
        #expect(throws: CheckpointError.self) { try Checkpoint(contentsOf: file.path) }
    }

    @Test(
        "A newer version, a missing file, a folder and a folder that is not there are named with what to do")
    func refusals() throws {
        let file = try TemporaryFile()
        try checkpoint.write(to: file.path)
        var bytes = try file.bytes()
        bytes[8] = 2
        try file.write(bytes)
        func message(_ path: String) -> String {
            do {
                return "read \(try Checkpoint(contentsOf: path).step)"
            } catch {
                return "\(error)"
            }
        }
        #expect(message(file.path).contains("version 2 of the format, expected 1; read it with the program"))
        #expect(message(file.path + "-not").contains("No such file or directory; train one first"))
        #expect(message(file.folder).contains("Is a directory"))
        let error = #expect(throws: CheckpointError.self) {
            try checkpoint.write(to: file.folder + "/not/there")
        }
        #expect("\(try #require(error))".contains("see that the folder is there"))
    }

    @Test("Hyperparameters that no training can have are refused, as they are on the command line")
    func hyperparameters() {
        let faults: [(WritableKeyPath<Hyperparameters, Int>, Int)] = [
            (\.epochs, 0), (\.epochs, .max), (\.batchSize, 0), (\.hiddenUnits, 0), (\.hiddenUnits, 1 << 20),
        ]
        for (key, value) in faults {
            var hyperparameters = Hyperparameters()
            hyperparameters[keyPath: key] = value
            #expect(hyperparameters.fault != nil)
        }
        for rate in [0, -1, .nan, .infinity] {
            var hyperparameters = Hyperparameters()
            hyperparameters.learningRate = rate
            #expect(hyperparameters.fault != nil)
        }
        #expect(Hyperparameters().fault == nil)
    }
}
