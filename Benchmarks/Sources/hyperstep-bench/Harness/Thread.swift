import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A thread of the operating system's own, to be joined.
struct Thread {
    private final class Body: Sendable {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    #if canImport(Darwin)
        private var handle: pthread_t?
    #else
        private var handle = pthread_t()
    #endif

    init(_ body: @escaping @Sendable () -> Void) {
        let context = Unmanaged.passRetained(Body(body)).toOpaque()
        #if canImport(Darwin)
            pthread_create(&handle, nil, Self.start, context)
        #else
            pthread_create(&handle, nil, { Thread.start($0!) }, context)
        #endif
    }

    private static let start: @convention(c) (UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? = {
        context in
        Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run()
        return nil
    }

    func join() {
        #if canImport(Darwin)
            if let handle { pthread_join(handle, nil) }
        #else
            pthread_join(handle, nil)
        #endif
    }
}

/// Runs a body on several threads at once and gives what each returned.
func onThreads<Result: Sendable>(_ count: Int, _ body: @escaping @Sendable () -> Result) -> [Result] {
    onThreads(count) { _ in body() }
}

/// As above; the body is told which thread it is on, from 0.
func onThreads<Result: Sendable>(
    _ count: Int, _ body: @escaping @Sendable (_ index: Int) -> Result
) -> [Result] {
    let results = Results<Result>()
    let threads = (0..<count).map { index in Thread { results.add(body(index)) } }
    for thread in threads { thread.join() }
    return results.all
}

private final class Results<Value: Sendable>: Sendable {
    private let values = Mutex<[Value]>([])
    var all: [Value] { values.withLock { $0 } }
    func add(_ value: Value) { values.withLock { $0.append(value) } }
}
