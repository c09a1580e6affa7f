import Foundation
import HyperstepRecorder
import HyperstepWire
import Logging

@testable import HyperstepShipper

/// Where the state directories of these tests are, which go with the process.
private let folder: URL = {
    atexit { try? FileManager.default.removeItem(at: folder) }
    return FileManager.default.temporaryDirectory.appending(
        path: "hyperstep-shipper-tests-\(UUID().uuidString)")
}()

/// A state directory of a test's own.
func temporaryDirectory() throws -> String {
    let path = folder.appending(path: UUID().uuidString).path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    return path
}

let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

func makeRecorder(in directory: String, capacity: Int = 1_024, whenFull: FullPolicy = .drop) throws
    -> Recorder
{
    var configuration = RecorderConfiguration()
    configuration.stepCapacity = capacity
    configuration.whenFull = whenFull
    configuration.identity =
        RecorderIdentity(
            modelID: UUID(), runID: UUID(), project: "p", runName: "r", modelName: "m", sdk: "test"
        ).encoded()
    return try RecorderDirectory(path: directory).create(configuration)
}

/// A recorder that is made as `change` says, of a run or of a process that serves.
func makeRecorder(
    in directory: String, isServing: Bool = false, _ change: (inout RecorderConfiguration) -> Void
) throws -> Recorder {
    var configuration = RecorderConfiguration()
    configuration.stepCapacity = 0
    configuration.eventCapacity = 0
    change(&configuration)
    configuration.identity =
        RecorderIdentity(
            modelID: isServing ? nil : UUID(), runID: isServing ? nil : UUID(), project: "p", runName: "r",
            modelName: "m", sdk: "test", instanceID: UUID()
        ).encoded()
    return try RecorderDirectory(path: directory).create(configuration)
}

extension Recorder {
    func record(steps: Range<Int>) {
        for step in steps {
            var record = StepRecord(time: 1_700_000_000_000_000_000, step: Int64(step), epoch: 0, batch: 0)
            record.loss = Double(step)
            record.present = .loss
            self.steps.record(record)
        }
    }
}

extension ContinuousClock.Instant {
    static func after(_ seconds: Int) -> Self { .now + .seconds(seconds) }
}
