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

    private let directory: String
    private let logger: Logger
    private var waiting: [UUID] = []
    private var unreadable: Set<UUID> = []
    private var nextScan = NIODeadline.now()

    init(directory: String, logger: Logger) {
        self.directory = directory
        self.logger = logger
    }

    /// Whether there are recorders to adopt, or it is time to look for some.
    var isDue: Bool { !waiting.isEmpty || NIODeadline.now() >= nextScan }

    /// Adopts up to `count` recorders, oldest first.
    mutating func adopt(atMost count: Int) -> [Recorder] {
        guard count > 0, isDue else { return [] }
        var adopted: [Recorder] = []
        do {
            let directory = try RecorderDirectory(path: directory)
            if waiting.isEmpty { try scan(directory) }
            while adopted.count < count, let id = waiting.first {
                waiting.removeFirst()
                if let recorder = try adopt(id, in: directory) { adopted.append(recorder) }
            }
        } catch {
            nextScan = .now() + Self.scanInterval
            logger.warning(
                "the state directory could not be searched for what earlier processes left",
                metadata: ["reason": "\(error)"])
        }
        return adopted
    }

    private mutating func scan(_ directory: RecorderDirectory) throws(RecorderError) {
        nextScan = .now() + Self.scanInterval
        let scan = try directory.scan()
        for report in scan.reports { say(report) }
        waiting = scan.orphans.filter { !unreadable.contains($0) }
    }

    private mutating func adopt(_ id: UUID, in directory: RecorderDirectory) throws(RecorderError)
        -> Recorder?
    {
        switch try directory.adopt(id) {
        case .adopted(let recorder):
            logger.info(
                "sending what an earlier process left", metadata: ["file": "\(recorder.path)"])
            for report in recorder.reports { say(report) }
            return recorder
        case .unreadable(let report):
            unreadable.insert(id)
            say(report)
            return nil
        case .live, .gone: return nil
        }
    }

    /// A recorder that cannot be shipped is not adopted again by this process.
    mutating func leaveAlone(_ recorder: Recorder) {
        unreadable.insert(recorder.id)
        recorder.close()
    }

    private func say(_ report: RecorderReport) {
        logger.error("a recorder's file is damaged", metadata: ["report": "\(report)"])
    }
}
