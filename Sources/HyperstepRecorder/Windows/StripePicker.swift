import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Which stripe of every series the calling thread adds to. Threads take turns in the order in which they first
/// ask, so that the first four never share one. A turn is not given back when its thread ends.
///
/// The stripe is kept as the value of a POSIX key of the thread: a load or two, where a hash of the thread's id
/// would cost about as much and let one pair of threads in four share.
struct StripePicker: Sendable {
    static let shared = StripePicker()
    /// Copies of a series' counters, so that threads do not wait for each other's cache lines.
    static let stripes = 4

    private let key: pthread_key_t
    /// False where the process has used up its keys: all threads share one stripe then.
    private let hasKey: Bool
    private static let turn = Atomic<UInt>(0)

    private init() {
        var key = pthread_key_t()
        hasKey = pthread_key_create(&key, nil) == 0
        self.key = key
    }

    @inline(__always)
    func stripe() -> Int {
        guard hasKey else { return 0 }
        // Not a pointer: the stripe's number plus one.
        let mark = UInt(bitPattern: pthread_getspecific(key))
        return mark == 0 ? takeTurn() : Int(bitPattern: mark &- 1)
    }

    @inline(never)
    private func takeTurn() -> Int {
        // Relaxed: any turn is right.
        let stripe = Self.turn.wrappingAdd(1, ordering: .relaxed).oldValue % UInt(Self.stripes)
        pthread_setspecific(key, UnsafeRawPointer(bitPattern: stripe + 1))
        return Int(stripe)
    }
}
