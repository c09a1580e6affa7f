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
    ///
    /// The folder belongs to the file's owner, or the file stays: nobody's file goes where its owner cannot reach it.
    /// Only root moves files of others, and what it makes for that is theirs.
    static func setAside(_ path: String) throws(RecorderError) -> String {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        let folder = parts.dropLast().joined(separator: "/") + "/" + setAsideFolder
        do throws(Libc.Failure) {
            let file = try Libc.status(at: path)
            guard Libc.user == 0 || file.st_uid == Libc.user else { throw Libc.Failure(code: EPERM) }
            let descriptor = try openSetAside(folder, owner: file.st_uid, group: file.st_gid)
            defer { close(descriptor) }
            let name = try freeName(String(parts.last ?? ""), in: descriptor)
            _ = try Libc.retrying { renameat(AT_FDCWD, path, descriptor, name) }
            return "\(folder)/\(name)"
        } catch {
            throw .failed("move it into \(folder)", path, error)
        }
    }

    /// Opened, and used by its descriptor: a link that somebody puts in its place leads nowhere.
    private static func openSetAside(_ folder: String, owner: uid_t, group: gid_t) throws(Libc.Failure)
        -> Int32
    {
        let isNew = mkdir(folder, 0o700) == 0
        guard isNew || errno == EEXIST else { throw Libc.Failure(code: errno) }
        let descriptor = try Libc.open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
        do throws(Libc.Failure) {
            if isNew && owner != Libc.user {
                _ = try Libc.retrying { fchown(descriptor, owner, group) }
            }
            guard try Libc.status(of: descriptor).st_uid == owner else { throw Libc.Failure(code: EPERM) }
        } catch {
            close(descriptor)
            throw error
        }
        return descriptor
    }

    private static func freeName(_ name: String, in folder: Int32) throws(Libc.Failure) -> String {
        var free = name
        var copy = 1
        while true {
            var status = stat()
            do {
                _ = try Libc.retrying { fstatat(folder, free, &status, AT_SYMLINK_NOFOLLOW) }
            } catch {
                if error.isMissing { return free }
                throw error
            }
            copy += 1
            guard copy < 10_000 else { throw Libc.Failure(code: EEXIST) }
            free = "\(name).\(copy)"
        }
    }
}
