import HyperstepRecorder
import HyperstepWire
import Logging
import NIOCore

#if canImport(FoundationEssentials)
    import struct FoundationEssentials.UUID
#else
    import struct Foundation.UUID
#endif

/// All that one shipper does: the recorders of this process, and those that dead processes left.
///
/// Lives on the shipper's event loop and is touched from nowhere else.
final class ShipperCore {
    private let configuration: ShipperConfiguration
    private let eventLoop: any EventLoop
    private let link: Link?
    private let logger: Logger
    private var shipments: [UUID: ShipmentCore] = [:]
    private var orphans: OrphanAdopter
    private var tickInterval: TimeAmount
    private var isTicking = false
    private var nextTick = NIODeadline.now()
    private var scheduled: Scheduled<Void>?
    private var isClosed = false

    /// While a ring fills quickly it is looked at this often.
    private static let busyInterval = TimeAmount.milliseconds(1)
    /// Whether one does is asked this often.
    private static let glanceInterval = TimeAmount.milliseconds(10)

    init(configuration: ShipperConfiguration, eventLoop: any EventLoop, logger: Logger) {
        self.configuration = configuration
        self.eventLoop = eventLoop
        self.logger = logger
        link = configuration.endpoint.map {
            Link(endpoint: $0, token: configuration.token, eventLoop: eventLoop, logger: logger)
        }
        orphans = OrphanAdopter(
            directory: configuration.directory, sharedRoot: configuration.sharedRoot, logger: logger)
        tickInterval = .milliseconds(configuration.flushInterval.milliseconds)
        link?.onReady = { [weak self] in self?.tick() }
    }

    /// Begins to ship a recorder of this process.
    func attach(
        _ recorder: Recorder, streams: [StreamReader], progress: [StreamKind: StreamProgress],
        completion: Completion, spoolsWhileConnected: Bool, run: (any ShippedRun)?,
        complete: WindowCompletion?
    ) {
        start(
            recorder, streams, progress, completion, spoolsWhileConnected: spoolsWhileConnected,
            run: run, complete: complete)
        startTicking()
    }

    private func start(
        _ recorder: Recorder, _ streams: [StreamReader], _ progress: [StreamKind: StreamProgress],
        _ completion: Completion, spoolsWhileConnected: Bool, run: (any ShippedRun)? = nil,
        complete: WindowCompletion? = nil
    ) {
        let setAside =
            recorder.isInMemory
            ? nil : SetAside(directory: configuration.directory, limit: configuration.spoolLimit)
        let shippers = streams.map { reader in
            StreamShipper(
                reader: reader, link: link, setAside: setAside, limits: configuration,
                progress: progress[reader.kind] ?? StreamProgress(), logger: logger)
        }
        shipments[recorder.id] = ShipmentCore(
            recorder: recorder, run: run, streams: shippers,
            windows: WindowClock(
                recorder: recorder, interval: configuration.windowInterval, complete: complete),
            spoolsWhileConnected: spoolsWhileConnected, link: link, completion: completion, logger: logger)
        shipments[recorder.id]?.heartbeat = run.map {
            Heartbeat(interval: .milliseconds(configuration.heartbeatInterval.milliseconds), run: $0)
        }
    }

    /// A run ends: what it left is sent at once. Offline, its file is given up for whoever ships it later.
    func finish(_ recorder: UUID) {
        guard let shipment = shipments[recorder] else { return }
        shipment.finish()
        if link == nil {
            shipment.abandon()
            shipments[recorder] = nil
        } else {
            _ = shipment.tick()
            reschedule(busy: true)
        }
    }

    /// Stops at once. Records that are not committed stay in their files.
    func close() {
        isClosed = true
        link?.close()
        for shipment in shipments.values { shipment.abandon() }
        shipments = [:]
    }
}

// MARK: - Ticks

extension ShipperCore {
    func startTicking() {
        guard !isTicking else { return }
        isTicking = true
        scheduleTick(in: .zero)
    }

    private func scheduleTick(in delay: TimeAmount) {
        nextTick = .now() + delay
        scheduleGlance()
    }

    /// Until the next look is due the rings are glanced at: one that begins to fill quickly is looked at now, since in
    /// a whole interval a burst could fill it.
    private func scheduleGlance() {
        let due =
            shipments.values.contains { $0.mayFillQuickly }
            ? NIODeadline.now() + Self.glanceInterval : nextTick
        scheduled = eventLoop.assumeIsolated().scheduleTask(deadline: min(due, nextTick)) { [weak self] in
            guard let self, !isClosed else { return }
            guard NIODeadline.now() >= nextTick || shipments.values.contains(where: \.fillsQuickly) else {
                return scheduleGlance()
            }
            tick()
            scheduleTick(in: tickInterval)
        }
    }

    /// Looks at the recorders now.
    func wake() {
        guard isTicking, !isClosed else { return }
        scheduled?.cancel()
        tick()
        scheduleTick(in: tickInterval)
    }

    private func tick() {
        adoptOrphans()
        var isBusy = false
        for (id, shipment) in shipments {
            if shipment.tick() { isBusy = true }
            guard shipment.isOver else { continue }
            // One that could not be removed would be found, and sent, at each look.
            if shipment.isStuck || shipment.isLeftBehind { orphans.leaveAlone(shipment.recorder) }
            shipments[id] = nil
        }
        reschedule(busy: isBusy)
    }

    /// Quickly while there is much to do, and back to the flush interval in doubling steps.
    private func reschedule(busy: Bool) {
        // Windows have an interval of their own, which may be the shorter one.
        let flush = shipments.values.compactMap(\.longestWait)
            .reduce(.milliseconds(configuration.flushInterval.milliseconds), min)
        tickInterval = busy ? min(Self.busyInterval, flush) : min(tickInterval * 2, flush)
    }

    private func adoptOrphans() {
        // Only while they can be sent: an adopted file would look live to other programs that could. And only when it is
        // time to look: asking connects, and a proxy that closes idle connections would be connected to again at once.
        guard orphans.isDue, let link, link.isReady else { return }
        let adopted = shipments.values.filter(\.recorder.isOrphan).count
        for recorder in orphans.adopt(atMost: OrphanAdopter.atOnce - adopted) {
            do {
                let streams = try recorder.streams(spoolLimit: configuration.spoolLimit)
                start(recorder, streams, [:], Completion(), spoolsWhileConnected: false)
            } catch {
                // What its program wrote does not change; what the file system says may.
                if error is RecorderError {
                    orphans.tryLater(recorder, "\(error)")
                } else {
                    orphans.leaveAlone(recorder, "\(error)")
                }
            }
        }
    }
}
