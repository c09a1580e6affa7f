import HyperstepRecorder
import Logging
import NIOCore

#if canImport(FoundationEssentials)
    import struct FoundationEssentials.UUID
#else
    import struct Foundation.UUID
#endif

/// Finds the recorders that dead processes left in the state directory, a few at a time.
struct OrphanAdopter {
    /// An adopted file is held in memory, so not all of them at once.
    static let atOnce = 4
    private static let scanInterval = TimeAmount.seconds(30)

    private let directories: [String]
    private var waiting: [(directory: RecorderDirectory, id: UUID)] = []
    /// Recorders that this process does not adopt, or not again.
    private var unreadable: Set<UUID> = []
    private var warnings: FileWarnings
    private var nextScan = NIODeadline.now()

    /// - Parameter sharedRoot: the directory that users share and in which `directory` is this user's. Earlier versions
    ///   recorded into it, and what they left there is sent as well, as far as it is this user's.
    init(directory: String, sharedRoot: String? = nil, logger: Logger) {
        // Without a directory nobody left anything.
        directories = ([directory] + (sharedRoot.map { [$0] } ?? [])).filter { !$0.isEmpty }
        warnings = FileWarnings(logger: logger)
    }

    /// Whether there are recorders to adopt, or it is time to look for some.
    var isDue: Bool { !waiting.isEmpty || NIODeadline.now() >= nextScan }

    /// Adopts up to `count` recorders, oldest first.
    mutating func adopt(atMost count: Int) -> [Recorder] {
        guard count > 0, isDue else { return [] }
        if waiting.isEmpty { scan() }
        var adopted: [Recorder] = []
        while adopted.count < count, !waiting.isEmpty {
            let next = waiting.removeFirst()
            if let recorder = adopt(next.id, in: next.directory) { adopted.append(recorder) }
        }
        return adopted
    }

    private mutating func scan() {
        nextScan = .now() + Self.scanInterval
        for path in directories {
            do {
                let directory = try RecorderDirectory(path: path)
                let scan = try directory.scan()
                for report in scan.reports { warnings.damaged(report) }
                for file in scan.leftAlone { warnings.leftAlone(file) }
                waiting += scan.orphans.filter { !unreadable.contains($0) }.map { (directory, $0) }
            } catch {
                warnings.unsearchable(path, "\(error)")
            }
        }
    }

    private mutating func adopt(_ id: UUID, in directory: RecorderDirectory) -> Recorder? {
        do {
            switch try directory.adopt(id) {
            case .adopted(let recorder):
                warnings.logger.info(
                    "sending what an earlier process left", metadata: ["file": "\(recorder.path)"])
                for report in recorder.reports { warnings.damaged(report) }
                return recorder
            case .unreadable(let report):
                unreadable.insert(id)
                warnings.damaged(report)
            case .live, .gone: break
            }
        } catch {
            // Of one file: the others may fare better, and this one when it is looked at again.
            warnings.unreadable(error.path, "\(error)")
        }
        return nil
    }

    /// A recorder that cannot be shipped is not adopted again by this process.
    mutating func leaveAlone(_ recorder: Recorder, _ reason: String? = nil) {
        if let reason { warnings.unreadable(recorder.path, reason) }
        unreadable.insert(recorder.id)
        recorder.close()
    }

    /// A recorder whose spool cannot be read: where that passes (too few descriptors, a disk that fails), the next look
    /// finds it again.
    mutating func tryLater(_ recorder: Recorder, _ reason: String) {
        warnings.unreadable(recorder.path, reason)
        recorder.close()
    }
}
