import HyperstepHTTP2
import HyperstepWire
import NIOConcurrencyHelpers
import NIOCore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What a test's collector remembers, and how it answers.
final class Memory: Sendable {
    private struct State {
        var isAvailable = true
        var ledger = Ledger()
        var recorded = Recorded()
    }

    private let state = NIOLockedValueBox(State())

    var isAvailable: Bool {
        get { state.withLockedValue(\.isAvailable) }
        set { state.withLockedValue { $0.isAvailable = newValue } }
    }

    var recorded: Recorded { state.withLockedValue(\.recorded) }

    func answer(_ request: HTTP2ServerRequest) -> HTTP2Response {
        if request.method == "GET", request.path.hasPrefix(Self.runs) { return answer(about: request.path) }
        guard request.path == "/v1/ingest", request.method == "POST" else {
            return HTTP2Response(
                status: 404, text: "a test's collector serves /v1/ingest and \(Self.runs)ID")
        }
        let batch: Batch
        do {
            batch = try request.body.withUnsafeReadableBytes { try Batch(decoding: $0) }
        } catch {
            return HTTP2Response(status: 400, error: IngestError(field: "", reason: "\(error)"))
        }
        return state.withLockedValue { state in
            guard state.isAvailable else {
                return HTTP2Response(
                    status: 503, error: IngestError(field: "", reason: "not available, as the test says"))
            }
            switch state.ledger.commit(batch) {
            case .gap(let next):
                return HTTP2Response(
                    status: 409,
                    error: IngestError(field: "first_position", reason: "a gap", nextPosition: next))
            case .committed(let new, let next):
                state.recorded.add(batch, from: new)
                return HTTP2Response(
                    status: 200,
                    body: ByteBuffer(bytes: IngestAck(stream: batch.stream, nextPosition: next).encoded()))
            }
        }
    }
}

extension Memory {
    private static let runs = "/v1/runs/"

    /// What a run asks that goes on with another one's work: its attempt is one more.
    private func answer(about path: String) -> HTTP2Response {
        let id = String(path.dropFirst(Self.runs.count)).uppercased()
        return state.withLockedValue { state in
            guard state.isAvailable else {
                return HTTP2Response(
                    status: 503, error: IngestError(field: "", reason: "not available, as the test says"))
            }
            guard let run = state.recorded.runs.first(where: { $0.id.uuidString == id }) else {
                return HTTP2Response(
                    status: 404, error: IngestError(field: "run_id", reason: "nothing came of this run"))
            }
            let answer = RunState(
                runID: run.id, attempt: Int16(clamping: run.attempt), status: run.status.name,
                lastStep: run.steps.last.map { Int64($0.step) })
            return HTTP2Response(status: 200, body: ByteBuffer(bytes: answer.encoded()))
        }
    }
}

extension RecordedRun.Status {
    /// As the collector calls it.
    fileprivate var name: String {
        switch self {
        case .running: "running"
        case .finished: "finished"
        case .failed: "failed"
        case .killed: "killed"
        }
    }
}

extension HTTP2Response {
    fileprivate init(status: Int, error: IngestError) {
        self.init(status: status, body: ByteBuffer(bytes: error.encoded()))
    }
}
