#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Files that are there whole or not at all.
enum WholeFile {
    /// Writes a file beside `path` and renames it to that.
    ///
    /// The content reaches the disk before its name does: after a power cut the name must not be one of an empty file.
    static func write(_ bytes: [UInt8], to path: String) throws(CheckpointError) {
        let new = path + ".new"
        do throws(SystemError) {
            let file = try SystemError.checked("open", open(new, O_WRONLY | O_CREAT | O_TRUNC, 0o644))
            do throws(SystemError) {
                var written = 0
                while written < bytes.count {
                    let count = bytes[written...].withUnsafeBytes { Int32(systemWrite(file, $0)) }
                    written += Int(try SystemError.checked("write", count))
                }
                try SystemError.checked("fsync", fsync(file))
            } catch {
                close(file)
                unlink(new)
                throw error
            }
            try SystemError.checked("close", close(file))
            try SystemError.checked("rename", rename(new, path))
            try syncFolder(of: path)
        } catch {
            throw CheckpointError(
                "write", path, "\(error)", advice: "see that the folder is there, writable and not full")
        }
    }

    /// All of a file.
    static func read(_ path: String, atMost limit: Int) throws(CheckpointError) -> [UInt8] {
        do throws(SystemError) {
            let file = try SystemError.checked("open", open(path, O_RDONLY))
            defer { close(file) }
            var bytes: [UInt8] = []
            var chunk = [UInt8](repeating: 0, count: 1 << 16)
            while bytes.count <= limit {
                let count = chunk.withUnsafeMutableBytes { Int32(systemRead(file, $0)) }
                if try SystemError.checked("read", count) == 0 { return bytes }
                bytes += chunk.prefix(Int(count))
            }
        } catch {
            throw CheckpointError(
                "read", path, "\(error)", advice: "train one first: digits-training --checkpoint FOLDER")
        }
        throw CheckpointError(
            "read", path, "it has more than \(limit) bytes", advice: "name a file that digits-training wrote")
    }

    private static func syncFolder(of path: String) throws(SystemError) {
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
        let file = try SystemError.checked("open the folder", open(folder, O_RDONLY))
        defer { close(file) }
        try SystemError.checked("fsync of the folder", fsync(file))
    }
}

private func systemWrite(_ file: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
    write(file, bytes.baseAddress, min(bytes.count, 1 << 20))
}

private func systemRead(_ file: Int32, _ bytes: UnsafeMutableRawBufferPointer) -> Int {
    read(file, bytes.baseAddress, bytes.count)
}

/// A system call that failed, in the system's words.
struct SystemError: Error, CustomStringConvertible {
    let description: String

    /// The result of a call that gives -1 where it fails.
    @discardableResult
    static func checked(_ call: String, _ result: Int32) throws(SystemError) -> Int32 {
        guard result < 0 else { return result }
        throw SystemError(description: "\(call): \(String(cString: strerror(errno)))")
    }
}
