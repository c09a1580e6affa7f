#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A thread for work that blocks, which neither an event loop nor the concurrency runtime may do. Nobody shares it: a
/// pool would have who must answer soon wait behind those whom the database keeps.
enum BlockingThread {
    /// The system has no thread left.
    struct Unavailable: Error, CustomStringConvertible {
        /// What pthread_create says.
        let status: Int32
        var description: String { "the system gives no further thread (error \(status))" }
    }

    /// Runs `body` on a new, detached thread.
    static func start(_ body: @escaping @Sendable () -> Void) throws(Unavailable) {
        // One retain here, one release by the thread: pthread_create hands the pointer to exactly one.
        let context = Unmanaged.passRetained(ThreadBody(body))
        #if canImport(Darwin)
            var thread: pthread_t?
            let status = pthread_create(&thread, nil, { runBody($0) }, context.toOpaque())
        #else
            var thread = pthread_t()
            let status = pthread_create(&thread, nil, runBody, context.toOpaque())
        #endif
        guard status == 0 else {
            context.release()
            throw Unavailable(status: status)
        }
        #if canImport(Darwin)
            if let thread { pthread_detach(thread) }
        #else
            pthread_detach(thread)
        #endif
    }

    /// What `body` returns, from a new thread. How many there are at once is for the caller to bound.
    static func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            do {
                try start { continuation.resume(with: Result { try body() }) }
            } catch {
                continuation.resume(throwing: error)
            }
        }
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
