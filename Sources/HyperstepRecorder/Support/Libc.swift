#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The system calls of this target: interrupted ones are tried again, and a failure is an `errno` value, read
/// before anything else can overwrite it.
enum Libc {
    /// A failed call's `errno`.
    struct Failure: Error, Equatable {
        let code: Int32
        var message: String { String(cString: strerror(code)) }
    }

    /// The user that this program acts as.
    static var user: uid_t { geteuid() }

    static func retrying<Result: SignedInteger>(_ call: () -> Result) throws(Failure) -> Result {
        while true {
            let result = call()
            if result != -1 { return result }
            let code = errno
            if code != EINTR { throw Failure(code: code) }
        }
    }

    static func open(_ path: String, _ flags: Int32, mode: mode_t = 0o600) throws(Failure) -> Int32 {
        #if canImport(Glibc)
            try retrying { Glibc.open(path, flags | O_CLOEXEC, mode) }
        #elseif canImport(Musl)
            try retrying { Musl.open(path, flags | O_CLOEXEC, mode) }
        #else
            try retrying { Darwin.open(path, flags | O_CLOEXEC, mode) }
        #endif
    }

    /// The lock's holder is the open file description, so the lock is free when the last descriptor of it is
    /// closed: at the latest when the kernel buries the process, however it died.
    static func lock(_ descriptor: Int32, exclusively: Bool) throws(Failure) -> Bool {
        do {
            _ = try retrying { flock(descriptor, (exclusively ? LOCK_EX : LOCK_SH) | LOCK_NB) }
            return true
        } catch  where error.code == EWOULDBLOCK {
            return false
        }
    }

    static func status(of descriptor: Int32) throws(Failure) -> stat {
        var result = stat()
        _ = try retrying { fstat(descriptor, &result) }
        return result
    }

    static func status(at path: String) throws(Failure) -> stat {
        var result = stat()
        _ = try retrying { lstat(path, &result) }
        return result
    }

    /// Who owns the file at `path`, or the link there.
    static func owner(of path: String) throws(Failure) -> UInt32 { try status(at: path).st_uid }

    /// Whether `path` names the file that `descriptor` has open.
    static func isSameFile(_ descriptor: Int32, _ path: String) -> Bool {
        guard let open = try? status(of: descriptor), let named = try? status(at: path) else { return false }
        return open.st_ino == named.st_ino && open.st_dev == named.st_dev
    }

    static func isRegularFile(_ status: stat) -> Bool { status.st_mode & S_IFMT == S_IFREG }

    /// Reads until the buffer is full or the file ends; the count says which.
    static func read(
        _ descriptor: Int32, into buffer: UnsafeMutableRawBufferPointer, at offset: Int
    ) throws(Failure) -> Int {
        var done = 0
        while done < buffer.count {
            let count = try retrying {
                pread(descriptor, buffer.baseAddress! + done, buffer.count - done, off_t(offset + done))
            }
            if count == 0 { break }
            done += count
        }
        return done
    }

    static func write(
        _ descriptor: Int32, _ bytes: UnsafeRawBufferPointer, at offset: Int
    ) throws(Failure) {
        var done = 0
        while done < bytes.count {
            done += try retrying {
                pwrite(descriptor, bytes.baseAddress! + done, bytes.count - done, off_t(offset + done))
            }
        }
    }

    /// Gives the file its whole size with every block reserved, so that a disk which fills up later cannot
    /// raise SIGBUS in whoever writes to the mapping.
    static func reserve(_ descriptor: Int32, bytes: Int) throws(Failure) {
        #if canImport(Darwin)
            var request = fstore_t(
                fst_flags: UInt32(F_ALLOCATEALL), fst_posmode: F_PEOFPOSMODE, fst_offset: 0,
                fst_length: off_t(bytes), fst_bytesalloc: 0)
            _ = try retrying { fcntl(descriptor, F_PREALLOCATE, &request) }
            _ = try retrying { ftruncate(descriptor, off_t(bytes)) }
        #else
            var code = EINTR
            while code == EINTR { code = posix_fallocate(descriptor, 0, off_t(bytes)) }
            // A file system without the call (musl does not emulate it): writing zeros reserves as well.
            if code == EOPNOTSUPP || code == EINVAL { return try writeZeros(descriptor, bytes: bytes) }
            if code != 0 { throw Failure(code: code) }
        #endif
    }

    private static func writeZeros(_ descriptor: Int32, bytes: Int) throws(Failure) {
        let zeros = [UInt8](repeating: 0, count: 1 << 16)
        var offset = 0
        while offset < bytes {
            let piece = min(zeros.count, bytes - offset)
            do {
                try zeros.withUnsafeBytes { try write(descriptor, .init(rebasing: $0[..<piece]), at: offset) }
            } catch let failure as Failure {
                throw failure
            } catch {
                preconditionFailure("write throws nothing else")
            }
            offset += piece
        }
    }

    /// The names in a directory, without `.` and `..`, sorted.
    static func names(in directory: String) throws(Failure) -> [String] {
        guard let stream = opendir(directory) else { throw Failure(code: errno) }
        defer { closedir(stream) }
        var names: [String] = []
        while true {
            // A failure must not read as the end: positions in spool files that are not listed would count as lost.
            errno = 0
            guard let entry = readdir(stream) else {
                if errno != 0 { throw Failure(code: errno) }
                break
            }
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    static func rename(_ old: String, to new: String) throws(Failure) {
        #if canImport(Glibc)
            _ = try retrying { Glibc.rename(old, new) }
        #elseif canImport(Musl)
            _ = try retrying { Musl.rename(old, new) }
        #else
            _ = try retrying { Darwin.rename(old, new) }
        #endif
    }

    /// Makes a directory and those above it, readable by its owner alone; an existing one is left as it is.
    static func makeDirectory(_ path: String) throws(Failure) {
        do {
            try makeOneDirectory(path)
        } catch  where error.isMissing {
            let parent = path.split(separator: "/").dropLast().joined(separator: "/")
            guard !parent.isEmpty else { throw error }
            try makeDirectory(path.hasPrefix("/") ? "/" + parent : parent)
            try makeOneDirectory(path)
        }
    }

    private static func makeOneDirectory(_ path: String) throws(Failure) {
        do {
            _ = try retrying { mkdir(path, 0o700) }
        } catch  where error.code == EEXIST {
            return
        }
        // Whatever the umask takes away, its owner needs.
        if try status(at: path).st_mode & 0o700 != 0o700 { _ = try retrying { chmod(path, 0o700) } }
    }
}
