#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A directory for each user below a state directory that several users share.
///
/// A recorder's file is its owner's alone, so that users who share one folder can neither send each other's files nor
/// may move them. Each has a folder of its own in it, `user-<uid>`: by number, since a name would have to be
/// looked up, and the same number is what the files' owner is.
public enum UserDirectory {
    private static let prefix = "user-"

    /// The folder in `root` that this user's programs record into; nil where `root` itself is that folder.
    ///
    /// It is, where it belongs to this user and not everybody may write to it, and where it does not exist yet. A
    /// group that may write is no reason: with the usual umask of a user's own group every directory is like that, and
    /// the others of the group are not its owner.
    public static func path(in root: String) -> String? {
        var status = stat()
        // Following links, as the root is what a person named.
        guard stat(root, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { return nil }
        let isShared = status.st_uid != geteuid() || status.st_mode & S_IWOTH != 0
        return isShared ? "\(root)/\(prefix)\(geteuid())" : nil
    }

    /// Makes the folder of ``path(in:)``, and sees to it that nobody else has made it before.
    ///
    /// Throws ``RecorderError/Code/directory`` where that is impossible.
    public static func make(_ path: String) throws(RecorderError) {
        do throws(Libc.Failure) {
            try Libc.makeDirectory(path)
            let status = try Libc.status(at: path)
            guard status.st_mode & S_IFMT == S_IFDIR else { throw Libc.Failure(code: ENOTDIR) }
            guard status.st_uid == geteuid() else { throw Libc.Failure(code: EPERM) }
        } catch {
            throw RecorderError(
                code: .directory, path: path,
                reason:
                    "could not make or use this user's folder in a directory that users share: \(error.message)",
                advice:
                    "give the directory the mode 1777, or choose a state directory that this user can write")
        }
    }

    /// The state directories in `root`: itself, and the folder of each user.
    ///
    /// - Returns: the directories, and what looks like one and is none that can be entered.
    public static func all(in root: String) throws(RecorderError) -> (
        directories: [RecorderDirectory], leftAlone: [LeftAloneFile]
    ) {
        let own = try RecorderDirectory(path: root)
        var directories = [own]
        var leftAlone: [LeftAloneFile] = []
        let names: [String]
        do {
            names = try Libc.names(in: own.path)
        } catch {
            throw .failed("list the state directory", own.path, error)
        }
        for name in names where name.hasPrefix(prefix) && UInt32(name.dropFirst(prefix.count)) != nil {
            let path = "\(own.path)/\(name)"
            // Not following: whoever can write to the root could have put a link there.
            guard let status = try? Libc.status(at: path), status.st_mode & S_IFMT == S_IFDIR else {
                leftAlone.append(
                    LeftAloneFile(
                        path: path, reason: "is no directory but has the name of a user's",
                        isOfAnotherUser: false))
                continue
            }
            do {
                _ = try Libc.names(in: path)
                directories.append(try RecorderDirectory(path: path))
            } catch let failure as Libc.Failure {
                leftAlone.append(.failed("listed", path, failure, owner: status.st_uid))
            } catch {
                leftAlone.append(LeftAloneFile(path: path, reason: "\(error)", isOfAnotherUser: false))
            }
        }
        return (directories, leftAlone)
    }
}
