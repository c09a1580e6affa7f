import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Whose turn it is, of processes that record one run on one machine, to tell about the machine: whoever holds the lock
/// on a file that they share.
///
/// The system lets go of the lock when its process is gone, however that ended, and another one takes the turn. The file
/// goes with whoever gives its turn back; what a process that was killed leaves there, empty, ``removeLeft(in:)`` removes.
public final class MachineTurn: Sendable {
    private enum State {
        case waiting
        case mine(descriptor: Int32)
        case over
    }

    private enum Attempt {
        case locked(descriptor: Int32)
        case isAnothers
        /// There is no file, or the file system has no locks.
        case impossible
    }

    private static let suffix = ".machine"

    private let path: String
    private let state = Mutex(State.waiting)

    /// The turn to tell about this machine among the processes that record under `name`.
    ///
    /// The machine is part of the file's name: on a file system of several machines, which may share their locks as
    /// well, each machine has a turn of its own.
    public convenience init(directory: String, name: String) {
        self.init(path: "\(directory)/\(name).\(ThisMachine.boot)\(Self.suffix)")
    }

    /// - Parameter path: of the file, in a folder that is there.
    init(path: String) { self.path = path }

    deinit { giveBack() }

    /// Takes the turn where nobody has it. Returns whether it is this process's. Never waits.
    ///
    /// Where there can be no lock it is everybody's: told twice is seen, not told at all is not.
    public func take() -> Bool {
        state.withLock { state in
            switch state {
            case .mine(let descriptor):
                if Self.isStillThere(descriptor, path) { return true }
                // Somebody removed the file: others may have made another by now.
                close(descriptor)
                state = .waiting
            case .waiting: break
            case .over: return false
            }
            switch Self.lock(path, flags: O_CREAT) {
            case .locked(let descriptor):
                state = .mine(descriptor: descriptor)
                return true
            case .isAnothers: return false
            case .impossible: return true
            }
        }
    }

    /// Leaves the turn to others, and takes none any more.
    public func giveBack() {
        state.withLock { state in
            // The name first: who opens it from now on makes a file of their own, and locks that.
            if case .mine(let descriptor) = state {
                if Self.isStillThere(descriptor, path) { unlink(path) }
                close(descriptor)
            }
            state = .over
        }
    }

    /// Removes the files of processes that did not give their turn back. A turn that somebody has is left alone.
    public static func removeLeft(in directory: String) {
        guard let folder = opendir(directory) else { return }
        defer { closedir(folder) }
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { name in
                // The array that C declares holds a string that ends with 0.
                name.withMemoryRebound(to: CChar.self, capacity: 1) { String(cString: $0) }
            }
            guard name.hasSuffix(suffix) else { continue }
            let path = directory + "/" + name
            guard case .locked(let descriptor) = lock(path, flags: 0) else { continue }
            unlink(path)
            close(descriptor)
        }
    }

    private static func lock(_ path: String, flags: Int32) -> Attempt {
        let descriptor = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | flags, 0o600)
        // What passes is tried again at the next sample.
        guard descriptor >= 0 else {
            return [EINTR, EMFILE, ENFILE].contains(errno) ? .isAnothers : .impossible
        }
        let isLocked = flock(descriptor, LOCK_EX | LOCK_NB) == 0
        let isOthers = !isLocked && [EWOULDBLOCK, EINTR].contains(errno)
        if isLocked, isStillThere(descriptor, path) { return .locked(descriptor: descriptor) }
        close(descriptor)
        return isLocked || isOthers ? .isAnothers : .impossible
    }

    /// Whether the file still has its name: else it was given back between `open` and `flock`, and others lock another.
    private static func isStillThere(_ descriptor: Int32, _ path: String) -> Bool {
        var (held, named) = (stat(), stat())
        return fstat(descriptor, &held) == 0 && stat(path, &named) == 0
            && held.st_ino == named.st_ino && held.st_dev == named.st_dev
    }
}
