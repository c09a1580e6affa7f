import HyperstepHistogram
import HyperstepRecorder
import HyperstepShipper
import HyperstepWire

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The windows that the monitors of dead processes left in a directory.
struct LeftWindows {
    private(set) var instances: Set<UUID> = []
    private(set) var count = 0
    private var histograms: [String: Histogram] = [:]

    /// Reads them from the recorders' rings and spools, and releases them.
    init(directory: String) throws {
        let directory = try RecorderDirectory(path: directory)
        for id in try directory.scan().orphans {
            guard case .adopted(let recorder) = try directory.adopt(id) else { continue }
            defer { recorder.close() }
            for reader in try recorder.streams(spoolLimit: .max) where reader.kind == .windows {
                guard recorder.takeWindows(at: 0).isComplete else {
                    throw BenchError(description: "not all that a process counted fits its ring of windows")
                }
                try read(reader)
            }
        }
    }

    /// What all processes counted for an endpoint in all windows.
    func merged(endpoint: String) -> Histogram { histograms[endpoint] ?? Histogram() }

    private mutating func read(_ reader: StreamReader) throws {
        var position = reader.start
        while position < reader.end, let piece = try reader.piece(from: position, limit: 1_024) {
            let batch = try piece.bytes.withUnsafeBytes { try Batch(decoding: $0) }
            if case .inferenceWindows(let batch) = batch.records {
                instances.insert(batch.instanceID)
                for window in batch.windows { add(window) }
            }
            try reader.release(upTo: piece.last)
            position = piece.last
        }
    }

    private mutating func add(_ window: InferenceWindow) {
        count += 1
        for histogram in window.histograms where histogram.kind == .request {
            histograms[window.endpoint, default: Histogram()].merge(histogram.distribution)
        }
    }
}
