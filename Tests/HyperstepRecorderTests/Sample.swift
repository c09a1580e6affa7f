@testable import HyperstepRecorder

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// An orphan that holds the steps 10 to 69, of which the ring has turned once, and three events.
struct Sample {
    let id: UUID
    let path: String
    let stepStream: UUID
    /// The file's bytes.
    let whole: [UInt8]

    var name: String { "\(id.uuidString.lowercased()).hyperstep" }

    static var configuration: RecorderConfiguration {
        var configuration = RecorderConfiguration()
        configuration.stepCapacity = 64
        configuration.eventCapacity = 8
        configuration.identity = Array("an identity".utf8)
        return configuration
    }

    init(_ directory: RecorderDirectory) throws {
        let recorder = try directory.create(Self.configuration)
        for number in 0..<10 { recorder.steps.record(.numbered(number)) }
        recorder.steps.release(upTo: 10)
        for number in 10..<70 { recorder.steps.record(.numbered(number)) }
        for number in 0..<3 { recorder.events.record([UInt8](repeating: UInt8(number), count: 100)) }
        recorder.close()
        id = recorder.id
        path = recorder.path
        stepStream = recorder.steps.stream
        whole = try bytes(of: recorder.path)
    }
}
