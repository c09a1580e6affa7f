#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The names of recorder files, and moving and deleting them.
enum RecorderFiles {
    static let suffix = ".hyperstep"
    /// A file in the making. Nothing was recorded in it yet.
    static let unfinishedSuffix = ".hyperstep-new"
    static let setAsideFolder = "set-aside"

    static func path(_ directory: String, _ id: UUID, _ suffix: String = suffix) -> String {
        "\(directory)/\(id.uuidString.lowercased())\(suffix)"
    }

    /// The recorder that a file's name names.
    static func id(ofName name: String) -> UUID? {
        guard name.hasSuffix(suffix) else { return nil }
        return UUID(uuidString: String(name.dropLast(suffix.count)))
    }

    static func delete(_ path: String, ifHeldBy memory: RecorderMemory) throws(RecorderError) {
        // Somebody deleted or replaced it under us: there is nothing of ours to delete.
        guard memory.isFile(at: path) else { return }
        do {
            _ = try Libc.retrying { unlink(path) }
        } catch {
            if !error.isMissing { throw .failed("delete the recorder's file", path, error) }
        }
    }

    /// Moves a file into `set-aside` beside it and returns where it is now.
    static func setAside(_ path: String) throws(RecorderError) -> String {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        let folder = parts.dropLast().joined(separator: "/") + "/" + setAsideFolder
        do {
            try Libc.makeDirectory(folder)
            var target = folder + "/" + (parts.last ?? "")
            var copy = 1
            while (try? Libc.status(at: target)) != nil {
                copy += 1
                target = "\(folder)/\(parts.last ?? "").\(copy)"
            }
            try Libc.rename(path, to: target)
            return target
        } catch {
            throw .failed("move it into \(folder)", path, error)
        }
    }
}
