import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// What is called when a signal comes, and what the system is told about it.
enum SignalHandler {
    /// Where the handler writes the signal's number.
    static let pipe = Atomic<Int32>(-1)
    /// The process that reads it.
    static let process = Atomic<Int32>(-1)

    /// As the system wants it, and always the same: by its address we know that a handler is ours.
    private static let handler: @convention(c) @Sendable (Int32) -> Void = { SignalHandler.caught($0) }

    /// Handles a signal that nobody handles yet. Returns whether ours is the handler, now or before.
    static func install(for number: Int32) -> Bool {
        var current = sigaction()
        guard sigaction(number, nil, &current) == 0 else { return false }
        if current.address == unsafeBitCast(handler, to: Int.self) { return true }
        // Not the default: a handler of somebody's, or ignored, as `nohup` and shells do for background jobs.
        guard current.address == unsafeBitCast(SIG_DFL, to: Int.self) else { return false }
        var ours = sigaction()
        ours.setHandler(handler)
        // Calls of the system in the training loop go on; a second signal finds the default action.
        ours.sa_flags = Int32(truncatingIfNeeded: SA_RESTART) | Int32(truncatingIfNeeded: SA_RESETHAND)
        sigemptyset(&ours.sa_mask)
        return sigaction(number, &ours, nil) == 0
    }

    /// Runs on whichever thread the signal interrupted: only what POSIX allows in a handler. `pipe` and `process` were
    /// made before the handler was installed, so that reading them is one load each.
    private static func caught(_ number: Int32) {
        // A process forked from ours has our handler and our pipe, and would end us. The handler is gone by now, so
        // that it ends itself.
        guard getpid() == process.load(ordering: .relaxed) else {
            kill(getpid(), number)
            return
        }
        let before = errno
        var byte = UInt8(truncatingIfNeeded: number)
        _ = write(pipe.load(ordering: .relaxed), &byte, 1)
        errno = before
    }

    /// Gives signals that are ours their default action again.
    static func remove(for numbers: Set<Int32>) {
        for number in numbers {
            var current = sigaction()
            guard sigaction(number, nil, &current) == 0,
                current.address == unsafeBitCast(handler, to: Int.self)
            else { continue }
            signal(number, SIG_DFL)
        }
    }

    /// Ends the process by the signal's default action, so that its exit status says which signal it was.
    static func endProcess(by number: Int32) {
        signal(number, SIG_DFL)
        // Any thread may take it, but some may block it: this one does not.
        unblock([number])
        kill(getpid(), number)
    }

    /// Lets the calling thread take these signals.
    static func unblock(_ numbers: Set<Int32>) {
        var set = sigset_t()
        sigemptyset(&set)
        for number in numbers { sigaddset(&set, number) }
        pthread_sigmask(SIG_UNBLOCK, &set, nil)
    }
}

extension sigaction {
    /// The handler as a number: compared, never called.
    fileprivate var address: Int {
        #if canImport(Darwin)
            unsafeBitCast(__sigaction_u.__sa_handler, to: Int.self)
        #else
            unsafeBitCast(__sigaction_handler.sa_handler, to: Int.self)
        #endif
    }

    fileprivate mutating func setHandler(_ handler: @escaping @convention(c) (Int32) -> Void) {
        #if canImport(Darwin)
            __sigaction_u.__sa_handler = handler
        #else
            __sigaction_handler.sa_handler = handler
        #endif
    }
}
