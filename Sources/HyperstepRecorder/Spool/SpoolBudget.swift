import Synchronization

/// How many bytes of disk a recorder's spools may take together.
public final class SpoolBudget: Sendable {
    /// The cap in bytes.
    public let limit: Int
    private let taken = Mutex(0)

    /// A cap of 1 GiB, or another.
    public init(limit: Int = 1 << 30) { self.limit = limit }

    /// The bytes in use.
    public var used: Int { taken.withLock { $0 } }

    /// Takes bytes if they are to be had.
    func take(_ bytes: Int) -> Bool {
        taken.withLock { taken in
            // Compared by subtraction: neither side can overflow.
            guard bytes <= limit - taken else { return false }
            taken += bytes
            return true
        }
    }

    /// Counts bytes that are on disk already, though they may go beyond the cap.
    func count(_ bytes: Int) { taken.withLock { $0 += bytes } }

    func giveBack(_ bytes: Int) { taken.withLock { $0 -= bytes } }
}
