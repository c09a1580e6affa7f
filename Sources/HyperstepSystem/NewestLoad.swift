import Synchronization

/// The load of the newest sample, for those who record something else at the same time.
public final class NewestLoad: Sendable {
    private let lifetime: Duration
    private let newest = Mutex<(load: SystemLoad, end: ContinuousClock.Instant)?>(nil)

    /// - Parameter interval: between two samples.
    init(every interval: Duration) {
        // Time for one sample to be late; of a driver that hangs the last word must not be repeated for hours.
        lifetime = interval * 2 + .seconds(1)
    }

    func note(_ samples: [SystemSample], at now: ContinuousClock.Instant = .now) {
        newest.withLock { $0 = (SystemLoad(of: samples), now + lifetime) }
    }

    /// Nil where nothing was sampled yet, or nothing for a good while.
    public var load: SystemLoad? { load(at: .now) }

    func load(at now: ContinuousClock.Instant) -> SystemLoad? {
        newest.withLock { newest in newest.flatMap { now < $0.end ? $0.load : nil } }
    }
}
