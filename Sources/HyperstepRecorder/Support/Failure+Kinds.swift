#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

extension Libc.Failure {
    /// The disk, a quota or the process's file size limit is used up.
    var isNoSpace: Bool { code == ENOSPC || code == EDQUOT || code == EFBIG }

    /// The path cannot be used by this user, or is no directory.
    var isDirectoryAtFault: Bool {
        [EACCES, EPERM, EROFS, ENOTDIR, ENOENT, ENAMETOOLONG, ELOOP].contains(code)
    }

    /// Writing is not allowed here; reading may be.
    var isReadOnly: Bool { code == EACCES || code == EPERM || code == EROFS }

    /// There is no such file.
    var isMissing: Bool { code == ENOENT }
}
