import Foundation
import HyperstepHTTP2
import HyperstepHistogram
import HyperstepWire
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import TestRandom

/// A peer on a real socket that keeps a ledger as the collector does and misbehaves on request.
///
/// It stands for what a collector and a network can do to a shipper; that the real collector keeps its ledger
/// in a real database is shown by the tests of the whole.
final class ScriptedCollector: Sendable {
    /// What happens to one request.
    enum Fault: CaseIterable {
        case none
        /// Committed, and the connection cut before the answer.
        case cutAfterCommit
        /// The connection cut before anything happened.
        case cutBefore
        case unavailable
        case notHyperstep
        /// Refused for good, where it is a stream's first batch.
        case refuse
    }

    /// One row of scalars.
    struct Scalar: Equatable {
        var metric: Metric
        var step: Int64
        var value: Double
    }

    /// One row of windows of series.
    struct SeriesWindow: Equatable {
        var series: Series
        var service: String
        var count: UInt64
        var sum: Double?
        var last: Double?
        var histogram: ValueHistogram
    }

    struct State {
        var next: [UUID: UInt64] = [:]
        /// How often each position of each stream was written, and with which step.
        var written: [UUID: [UInt64: (times: Int, step: Int64)]] = [:]
        var events: [RunEvent] = []
        /// What was written at each position of each stream, each time that it was.
        var scalars: [UUID: [UInt64: [Scalar]]] = [:]
        var windows: [UUID: [UInt64: [InferenceWindow]]] = [:]
        var series: [UUID: [UInt64: [SeriesWindow]]] = [:]
        var experiments: [UUID: [UInt64: [ExperimentEvent]]] = [:]
        var instances: Set<UUID> = []
        var skips: [Skip] = []
        var dropped: [UUID: UInt64] = [:]
        var requests = 0
        var authorization: Set<String> = []
        var fault: @Sendable (Int) -> Fault = { _ in .none }
    }

    let state = NIOLockedValueBox(State())
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let channel = NIOLockedValueBox<(any Channel)?>(nil)

    /// Starts to listen; port 0 chooses one.
    @discardableResult
    func listen(port: Int = 0) throws -> Int {
        let channel = try ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        HTTP2ServerHandler { [weak self, weak channel] request, responder in
                            self?.answer(request, responder, channel)
                        })
                }
            }
            .bind(host: "127.0.0.1", port: port).wait()
        self.channel.withLockedValue { $0 = channel }
        return channel.localAddress?.port ?? 0
    }

    /// A quarter of the requests meets a fault, which ones the seed decides.
    func misbehave(seed: UInt64) {
        state.withLockedValue { state in
            state.fault = { request in
                var generator = Seeded(seed &* 1_000_003 &+ UInt64(request))
                let faults: [Fault] = [.cutAfterCommit, .cutBefore, .unavailable]
                return Int.random(in: 0..<4, using: &generator) == 0
                    ? faults.randomElement(using: &generator)! : .none
            }
        }
    }

    func stop() {
        try? channel.withLockedValue { $0 }?.close().wait()
        try? group.syncShutdownGracefully()
    }

    private func answer(_ request: HTTP2ServerRequest, _ responder: HTTP2Responder, _ channel: (any Channel)?)
    {
        guard let batch = request.body.withUnsafeReadableBytes({ try? Batch(decoding: $0) }) else {
            responder.respond(
                status: 400, body: ByteBuffer(bytes: IngestError(field: "", reason: "not a batch").encoded()))
            return
        }
        let (fault, gap, next) = state.withLockedValue { state -> (Fault, Bool, UInt64) in
            state.requests += 1
            request.header("authorization").map { _ = state.authorization.insert($0) }
            let fault = state.fault(state.requests)
            switch fault {
            case .cutBefore, .unavailable, .notHyperstep: return (fault, false, 0)
            case .refuse:
                if batch.firstPosition == 0, !batch.isSkip { return (fault, false, 0) }
            case .none, .cutAfterCommit: break
            }
            let (gap, next) = state.commit(batch)
            return (fault == .refuse ? .none : fault, gap, next)
        }
        switch fault {
        case .cutAfterCommit, .cutBefore: channel?.close(promise: nil)
        case .unavailable: responder.respond(status: 503, headers: [("retry-after", "0")])
        case .notHyperstep: responder.respond(status: 404, body: ByteBuffer(string: "<html>"))
        case .refuse:
            let error = IngestError(field: "records", reason: "this collector is older")
            responder.respond(status: 400, body: ByteBuffer(bytes: error.encoded()))
        case .none:
            let body =
                gap
                ? IngestError(field: "first_position", reason: "a gap", nextPosition: next).encoded()
                : IngestAck(stream: batch.stream, nextPosition: next).encoded()
            responder.respond(status: gap ? 409 : 200, body: ByteBuffer(bytes: body))
        }
    }
}

extension ScriptedCollector.State {
    /// The ledger's rules.
    fileprivate mutating func commit(_ batch: Batch) -> (isGap: Bool, next: UInt64) {
        let next = self.next[batch.stream] ?? 0
        if batch.firstPosition > next { return (true, next) }
        dropped[batch.stream] = max(dropped[batch.stream] ?? 0, batch.droppedRecords)
        guard batch.lastPosition > next else { return (false, next) }
        self.next[batch.stream] = batch.lastPosition
        switch batch.records {
        case .skip(let skip): skips.append(skip)
        case .trainingSteps(let steps):
            for (row, position) in batch.rows(from: next) {
                let old = written[batch.stream]?[position]
                written[batch.stream, default: [:]][position] = ((old?.times ?? 0) + 1, steps.steps[row])
            }
        case .runEvents(let events):
            self.events += events.suffix(Int(batch.lastPosition - max(next, batch.firstPosition)))
        case .scalars(let scalars):
            for (row, position) in batch.rows(from: next) {
                self.scalars[batch.stream, default: [:]][position, default: []].append(
                    ScriptedCollector.Scalar(
                        metric: scalars.metrics[Int(scalars.metricIndexes[row])], step: scalars.steps[row],
                        value: scalars.values[row]))
            }
        case .inferenceWindows(let windows):
            instances.insert(windows.instanceID)
            for (row, position) in batch.rows(from: next) {
                self.windows[batch.stream, default: [:]][position, default: []].append(windows.windows[row])
            }
        case .experimentEvents(let events):
            for (row, position) in batch.rows(from: next) {
                experiments[batch.stream, default: [:]][position, default: []].append(events[row])
            }
        case .seriesWindows(let windows):
            instances.insert(windows.instanceID)
            let (sums, lasts) = (windows.sum.rows(windows.count), windows.last.rows(windows.count))
            for (row, position) in batch.rows(from: next) {
                series[batch.stream, default: [:]][position, default: []].append(
                    ScriptedCollector.SeriesWindow(
                        series: windows.series[Int(windows.seriesIndexes[row])], service: windows.service,
                        count: windows.counts[row], sum: sums[row], last: lasts[row],
                        histogram: windows.histograms[row]))
            }
        case .systemSamples: break
        }
        return (false, batch.lastPosition)
    }
}

extension Batch {
    fileprivate var isSkip: Bool { if case .skip = records { true } else { false } }

    /// The rows at positions from `next` on.
    fileprivate func rows(from next: UInt64) -> [(row: Int, position: UInt64)] {
        let voids = Set(voidOffsets)
        return (0..<UInt32(positionCount)).filter { !voids.contains($0) }.enumerated()
            .map { ($0.offset, firstPosition + UInt64($0.element)) }
            .filter { $0.position >= next }
    }
}
