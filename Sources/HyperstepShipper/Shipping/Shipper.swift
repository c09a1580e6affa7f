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

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Sends what recorders hold to a collector, and lets go of what is committed there.
///
/// One per configuration and process, on one thread of its own. It adopts what dead processes left in the
/// state directory and sends that as well. It ends when the last shipment of it is let go.
public final class Shipper: Sendable {
    private let configuration: ShipperConfiguration
    private let group: MultiThreadedEventLoopGroup
    private let core: NIOLoopBoundBox<ShipperCore>

    private static let running = NIOLockedValueBox(Running())

    private struct Weak {
        weak var shipper: Shipper?
    }

    private struct Running {
        var shippers: [ShipperConfiguration: Weak] = [:]
        /// The process that the shippers' threads are of; nil before the first.
        var process: Int32?
    }

    /// The process's shipper for this configuration; the first call starts it.
    ///
    /// - Throws: ``TooFewDescriptors`` where its thread cannot be started; ``ForkedProcess`` in a child by `fork` of a
    ///   process that had shippers.
    public static func shared(_ configuration: ShipperConfiguration, logger: Logger) throws -> Shipper {
        try running.withLockedValue { running in
            // What the parent's threads were about when it forked, nobody in the child knows.
            if let process = running.process, process != getpid() { throw ForkedProcess() }
            if let shipper = running.shippers[configuration]?.shipper { return shipper }
            try FreeDescriptors.check()
            running.process = getpid()
            let shipper = Shipper(configuration, logger: logger)
            running.shippers = running.shippers.filter { $0.value.shipper != nil }
            running.shippers[configuration] = Weak(shipper: shipper)
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
    ///   - run: the run that records into it, if one does. It is not retained.
    ///   - complete: called for each window of a monitor as it is taken, on the shipper's thread.
    /// - Throws: where the recorder's identity or spool files cannot be read.
    public func attach(
        _ recorder: Recorder, spoolsWhileConnected: Bool = true, run: (any ShippedRun)? = nil,
        complete: WindowCompletion? = nil
    ) throws -> Shipment {
        let readers = try recorder.streams(spoolLimit: configuration.spoolLimit)
        let progress = Dictionary(uniqueKeysWithValues: readers.map { ($0.kind, StreamProgress()) })
        let streams = UnsafeTransfer(readers)
        let completion = Completion()
        let core = core
        // Weak: the shipper's thread may come to it when the program has let the run go.
        group.next().execute { [weak run] in
            core.value.attach(
                recorder, streams: streams.value, progress: progress, completion: completion,
                spoolsWhileConnected: spoolsWhileConnected, run: run, complete: complete)
        }
        return Shipment(shipper: self, recorder: recorder, progress: progress, completion: completion)
    }

    /// Begins to send what dead processes left, though nothing of this process is there to be sent yet, and goes on for
    /// `duration` at least.
    public func adopt(for duration: Duration) {
        let core = core
        group.next().execute { core.value.startTicking() }
        // Held by the task, that is: who lets go of it meanwhile does not end it.
        group.next().scheduleTask(in: .milliseconds(duration.milliseconds)) { [self] in _ = self }
    }

    /// Has the recorders looked at now and not at the next interval.
    func wake() {
        let core = core
        group.next().execute { core.value.wake() }
    }

    func finish(_ recorder: UUID) {
        let core = core
        group.next().execute { core.value.finish(recorder) }
    }
}

/// This process was made by `fork` from one that sends records, and can send none itself.
public struct ForkedProcess: Error, CustomStringConvertible {
    /// What a person reads.
    public let description =
        "this process was forked from one that records already, whose threads it does not have"
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
