import Foundation

@testable import HyperstepSystem

/// A folder that stands for a machine's root, removed with the object.
final class FileTree: Sendable {
    let root: String

    init(_ files: [String: String] = [:]) throws {
        root = NSTemporaryDirectory() + "hyperstep-system-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
        try write(files)
    }

    deinit { try? FileManager.default.removeItem(atPath: root) }

    func write(_ files: [String: String]) throws {
        for (path, text) in files {
            let url = URL(fileURLWithPath: root + path)
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: url)
        }
    }

    func remove(_ path: String) throws { try FileManager.default.removeItem(atPath: root + path) }

    var files: KernelFiles { KernelFiles(root: root) }
}

/// Text as a file would give it.
func text(_ string: String) -> KernelText { KernelText(ArraySlice(string.utf8)) }
