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
/// goes with whoever gives its turn back; a process that was killed leaves it there, empty.
public final class MachineTurn: Sendable {
    private enum State {
        case waiting
        case mine(descriptor: Int32)
        case over
    }

    private let path: String
    private let state = Mutex(State.waiting)

    /// - Parameter path: of the file, in a folder that is there, on a local file system.
    public init(path: String) { self.path = path }

    deinit { giveBack() }

    /// Takes the turn where nobody has it. Returns whether it is this process's. Never waits.
    public func take() -> Bool {
        state.withLock { state in
            switch state {
            // Where somebody removed the file, others may have made another by now.
            case .mine(let descriptor) where isStillThere(descriptor): return true
            case .over: return false
            case .mine(let descriptor):
                close(descriptor)
                state = .waiting
                guard let descriptor = lock() else { return false }
                state = .mine(descriptor: descriptor)
                return true
            case .waiting:
                guard let descriptor = lock() else { return false }
                state = .mine(descriptor: descriptor)
                return true
            }
        }
    }

    /// Leaves the turn to others, and takes none any more.
    public func giveBack() {
        state.withLock { state in
            // The name first: who opens it from now on makes a file of their own, and locks that.
            if case .mine(let descriptor) = state {
                if isStillThere(descriptor) { unlink(path) }
                close(descriptor)
            }
            state = .over
        }
    }

    private func lock() -> Int32? {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { return nil }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0, isStillThere(descriptor) else {
            close(descriptor)
            return nil
        }
        return descriptor
    }

    /// Whether the file still has its name: else it was given back between `open` and `flock`, and others lock another.
    private func isStillThere(_ descriptor: Int32) -> Bool {
        var (held, named) = (stat(), stat())
        return fstat(descriptor, &held) == 0 && stat(path, &named) == 0
            && held.st_ino == named.st_ino && held.st_dev == named.st_dev
    }
}
