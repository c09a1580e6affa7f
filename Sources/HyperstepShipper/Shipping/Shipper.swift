public import HyperstepRecorder
public import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

#if canImport(FoundationEssentials)
    import struct FoundationEssentials.UUID
#else
    import struct Foundation.UUID
#endif

/// Sends what recorders hold to a collector, and lets go of what is committed there.
///
/// One per configuration and process, on one thread of its own. It adopts what dead processes left in the
/// state directory and sends that as well. It ends when the last shipment of it is let go.
public final class Shipper: Sendable {
    private let configuration: ShipperConfiguration
    private let group: MultiThreadedEventLoopGroup
    private let core: NIOLoopBoundBox<ShipperCore>

    private static let running = NIOLockedValueBox<[ShipperConfiguration: Weak]>([:])

    private struct Weak {
        weak var shipper: Shipper?
    }

    /// The process's shipper for this configuration; the first call starts it.
    public static func shared(_ configuration: ShipperConfiguration, logger: Logger) -> Shipper {
        running.withLockedValue { running in
            if let shipper = running[configuration]?.shipper { return shipper }
            let shipper = Shipper(configuration, logger: logger)
            running = running.filter { $0.value.shipper != nil }
            running[configuration] = Weak(shipper: shipper)
            return shipper
        }
    }

    private init(_ configuration: ShipperConfiguration, logger: Logger) {
        self.configuration = configuration
        group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let eventLoop = group.next()
        core = NIOLoopBoundBox.makeBoxSendingValue(
            ShipperCore(configuration: configuration, eventLoop: eventLoop, logger: logger),
            eventLoop: eventLoop)
    }

    deinit {
        let core = core
        group.next().execute { core.value.close() }
        group.shutdownGracefully { _ in }
    }

    /// Begins to ship a recorder.
    ///
    /// - Parameters:
    ///   - recorder: the recorder; the shipper is its only consumer from now on.
    ///   - spoolsWhileConnected: whether a ring that fills faster than the collector commits is moved to spool
    ///     files. Not where producers are to wait instead.
    ///   - heartbeat: called now and then while the collector answers, on the shipper's thread: it records that
    ///     the run lives, and waits for nothing.
    ///   - complete: called for each window of a monitor as it is taken, on the shipper's thread.
    /// - Throws: where the recorder's identity or spool files cannot be read.
    public func attach(
        _ recorder: Recorder, spoolsWhileConnected: Bool = true, heartbeat: (@Sendable () -> Void)? = nil,
        complete: WindowCompletion? = nil
    ) throws -> Shipment {
        let readers = try recorder.streams(spoolLimit: configuration.spoolLimit)
        let progress = Dictionary(uniqueKeysWithValues: readers.map { ($0.kind, StreamProgress()) })
        let streams = UnsafeTransfer(readers)
        let completion = Completion()
        let core = core
        group.next().execute {
            core.value.attach(
                recorder, streams: streams.value, progress: progress, completion: completion,
                spoolsWhileConnected: spoolsWhileConnected, heartbeat: heartbeat, complete: complete)
        }
        return Shipment(shipper: self, recorder: recorder, progress: progress, completion: completion)
    }

    func finish(_ recorder: UUID) {
        let core = core
        group.next().execute { core.value.finish(recorder) }
    }
}

/// Hands a value from the thread that made it to the event loop.
///
/// Sound because the sender does not touch it any more once it is handed over.
private struct UnsafeTransfer<Value>: @unchecked Sendable {
    let value: Value

    init(_ value: Value) {
        self.value = value
    }
}
