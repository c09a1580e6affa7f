/// How large a recorder is made, whose it is, and what it does when it is full.
///
/// A ring of capacity 0 is not in the file at all: what is recorded into it is dropped and counted.
public struct RecorderConfiguration: Sendable, Equatable {
    /// How many training steps it holds: a power of two from 64 to 1,048,576, or 0. Default 65,536 (8 MiB).
    public var stepCapacity = 65_536
    /// How many run events it holds: a power of two from 8 to 4,096, or 0. Default 64 (1 MiB).
    public var eventCapacity = 64
    /// How many values of named metrics it holds: a power of two from 64 to 1,048,576, or 0. Default 0.
    /// Each takes 64 bytes.
    public var scalarCapacity = 0
    /// How many names the metrics may have, where there are scalars: 1 to 65,536. Default 1,024 (344 KB).
    public var nameCapacity = 1_024
    /// How many events of experiments it holds: a power of two from 8 to 4,096, or 0. Default 0.
    /// Each takes 16 KiB.
    public var experimentCapacity = 0
    /// How many samples of the machine it holds: a power of two from 8 to 4,096, or 0. Default 0. Each takes
    /// 1 KiB.
    public var sampleCapacity = 0
    /// How many windows of monitors it holds: a power of two from 8 to 1,024, or 0. Default 0. Each takes
    /// 32 KiB.
    public var windowCapacity = 0
    /// How many series monitors may have, where there are windows: 1 to 256. Default 16. Each takes 404 KiB of
    /// file, and of memory once it is used.
    public var seriesCapacity = 16
    /// How many windows of instruments it holds: a power of two from 128 to 16,384, or 0. Default 0. Each takes 2 KiB.
    public var instrumentWindowCapacity = 0
    /// How many series instruments may have, where there are windows of them: 1 to 8,192. Default 1,024. Each takes
    /// 15 KiB of file, of which 3 KiB are memory once it is used, and 3 KiB more for each power of two of which it
    /// keeps a histogram.
    public var instrumentCapacity = 1_024
    /// What a stranger needs to ship the file, at most 65,536 bytes, opaque to the recorder.
    public var identity: [UInt8] = []
    /// What happens to a step, scalar or event that finds no room. Default: it is dropped and counted. Samples
    /// are dropped always: one that comes late is of no use.
    public var whenFull = FullPolicy.drop

    /// The defaults.
    public init() {}

    /// Throws ``RecorderError/Code/invalidSetting`` with the name of the first setting out of its range.
    public func validate() throws(RecorderError) {
        for (kind, name, capacity) in capacities {
            guard capacity != 0 else { continue }
            guard kind.capacities.contains(capacity), FileLayout.isPowerOfTwo(capacity) else {
                throw invalid(name, capacity, "power of two", kind.capacities)
            }
        }
        guard FileLayout.nameCapacities.contains(nameCapacity) else {
            throw invalid("nameCapacity", nameCapacity, "number", FileLayout.nameCapacities)
        }
        guard FileLayout.seriesCapacities.contains(seriesCapacity) else {
            throw invalid("seriesCapacity", seriesCapacity, "number", FileLayout.seriesCapacities)
        }
        guard FileLayout.instrumentCapacities.contains(instrumentCapacity) else {
            throw invalid(
                "instrumentCapacity", instrumentCapacity, "number", FileLayout.instrumentCapacities)
        }
        guard identity.count <= FileLayout.maximumIdentity else {
            throw RecorderError(
                code: .invalidSetting, path: "identity",
                reason: "\(identity.count) bytes, and at most \(FileLayout.maximumIdentity) fit",
                advice: "shorten the run's parameters, tags or attributes")
        }
    }

    /// The rings, wanted or not, in the file's order.
    var capacities: [(kind: RingKind, name: String, capacity: Int)] {
        [
            (.steps, "stepCapacity", stepCapacity), (.events, "eventCapacity", eventCapacity),
            (.scalars, "scalarCapacity", scalarCapacity),
            (.experiments, "experimentCapacity", experimentCapacity),
            (.samples, "sampleCapacity", sampleCapacity), (.windows, "windowCapacity", windowCapacity),
            (.series, "instrumentWindowCapacity", instrumentWindowCapacity),
        ]
    }

    private func invalid(
        _ name: String, _ value: Int, _ what: String, _ range: ClosedRange<Int>
    ) -> RecorderError {
        RecorderError(
            code: .invalidSetting, path: name,
            reason: "\(value) is no \(what) from \(range.lowerBound) to \(range.upperBound)",
            advice: "choose one, for example \(range.lowerBound * 2)")
    }
}
