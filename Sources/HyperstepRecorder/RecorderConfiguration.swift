/// How large a recorder is made, whose it is, and what it does when it is full.
public struct RecorderConfiguration: Sendable, Equatable {
    /// How many training steps it holds: a power of two from 64 to 1,048,576. Default 65,536 (8 MiB).
    public var stepCapacity = 65_536
    /// How many events it holds: a power of two from 8 to 4,096. Default 64 (1 MiB).
    public var eventCapacity = 64
    /// What a stranger needs to ship the file, at most 65,536 bytes, opaque to the recorder.
    public var identity: [UInt8] = []
    /// What happens to a record that finds no room. Default: it is dropped and counted.
    public var whenFull = FullPolicy.drop

    /// The defaults.
    public init() {}

    /// Throws ``RecorderError/Code/invalidSetting`` with the name of the first setting out of its range.
    public func validate() throws(RecorderError) {
        try check("stepCapacity", stepCapacity, FileLayout.stepCapacities)
        try check("eventCapacity", eventCapacity, FileLayout.eventCapacities)
        guard identity.count <= FileLayout.maximumIdentity else {
            throw RecorderError(
                code: .invalidSetting, path: "identity",
                reason: "\(identity.count) bytes, and at most \(FileLayout.maximumIdentity) fit",
                advice: "shorten the run's parameters, tags or attributes")
        }
    }

    private func check(_ name: String, _ value: Int, _ range: ClosedRange<Int>) throws(RecorderError) {
        guard range.contains(value), FileLayout.isPowerOfTwo(value) else {
            throw RecorderError(
                code: .invalidSetting, path: name,
                reason: "\(value) is no power of two from "
                    + "\(range.lowerBound) to \(range.upperBound)",
                advice: "choose one, for example \(range.lowerBound * 2)")
        }
    }
}
