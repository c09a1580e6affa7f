internal import Synchronization

/// How many bytes of request bodies a whole server may hold, over all its connections: from the moment a body
/// is announced or begins to arrive until its responder releases it.
///
/// ```swift
/// let budget = HTTP2ByteBudget(limit: 256 << 20)
/// var configuration = HTTP2ServerConfiguration()
/// configuration.budget = budget
/// // … and then, for a gauge:
/// print(budget.bytesInFlight)
/// ```
public final class HTTP2ByteBudget: Sendable {
    /// The bound in bytes.
    public let limit: Int
    private let used = Atomic<Int>(0)

    /// A budget of at least one byte.
    public init(limit: Int) {
        precondition(limit > 0, "a byte budget must allow at least one byte")
        self.limit = limit
    }

    /// The bytes held now, announced ones included.
    public var bytesInFlight: Int { used.load(ordering: .relaxed) }

    /// Takes the bytes if they fit, all or nothing. Relaxed orderings suffice: the count guards no other memory.
    func reserve(_ bytes: Int) -> Bool {
        var current = used.load(ordering: .relaxed)
        while bytes <= limit - current {
            let (done, seen) = used.weakCompareExchange(
                expected: current, desired: current + bytes, ordering: .relaxed)
            if done { return true }
            current = seen
        }
        return false
    }

    func release(_ bytes: Int) {
        let left = used.subtract(bytes, ordering: .relaxed).newValue
        assert(left >= 0, "more bytes were released than reserved")
    }
}

/// The bytes that one request holds of a budget, given back once: by `release`, or when nobody holds this any
/// more.
final class ByteReservation: Sendable {
    private let budget: HTTP2ByteBudget
    private let held = Atomic<Int>(0)

    init(in budget: HTTP2ByteBudget) { self.budget = budget }

    /// Only its connection grows a reservation, and only before the request is handed out.
    func grow(by bytes: Int) -> Bool {
        guard budget.reserve(bytes) else { return false }
        held.add(bytes, ordering: .relaxed)
        return true
    }

    func release() {
        let bytes = held.exchange(0, ordering: .relaxed)
        if bytes > 0 { budget.release(bytes) }
    }

    deinit { release() }
}
