#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A spool file's name: `<recorder>.<stream>.<number>.spool`.
struct SpoolName: Equatable {
    static let suffix = ".spool"
    let recorder: UUID
    let stream: UUID
    let number: UInt64

    init(recorder: UUID, stream: UUID, number: UInt64) {
        self.recorder = recorder
        self.stream = stream
        self.number = number
    }

    init?(_ name: String) {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4, parts[3] == Self.suffix.dropFirst(),
            let recorder = UUID(uuidString: String(parts[0])),
            let stream = UUID(uuidString: String(parts[1])), let number = UInt64(parts[2])
        else { return nil }
        self.init(recorder: recorder, stream: stream, number: number)
    }

    var string: String {
        let digits = String(number)
        // Padded, so that a listing by name is a listing by age.
        let padded = String(repeating: "0", count: max(0, 8 - digits.count)) + digits
        return "\(recorder.uuidString.lowercased()).\(stream.uuidString.lowercased()).\(padded)\(Self.suffix)"
    }
}
