#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A thread for work that blocks, which neither an event loop nor the concurrency runtime may do.
enum WriterThread {
    /// Runs `body` on a new, detached thread.
    static func start(_ body: @escaping @Sendable () -> Void) {
        // One retain here, one release by the thread: pthread_create hands the pointer to exactly one.
        let context = Unmanaged.passRetained(ThreadBody(body)).toOpaque()
        #if canImport(Darwin)
            var thread: pthread_t?
            let status = pthread_create(&thread, nil, { runBody($0) }, context)
            precondition(status == 0, "a writer's thread cannot be made")
            if let thread { pthread_detach(thread) }
        #else
            var thread = pthread_t()
            let status = pthread_create(&thread, nil, runBody, context)
            precondition(status == 0, "a writer's thread cannot be made")
            pthread_detach(thread)
        #endif
    }

    /// Blocks the calling thread, which must be one of these.
    static func sleep(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        var time = timespec(tv_sec: Int(seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
        nanosleep(&time, nil)
    }
}

private func runBody(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    if let context { Unmanaged<ThreadBody>.fromOpaque(context).takeRetainedValue().body() }
    return nil
}

private final class ThreadBody: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}
