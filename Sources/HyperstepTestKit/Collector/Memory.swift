import HyperstepHTTP2
import HyperstepWire
import NIOConcurrencyHelpers
import NIOCore

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
        let path = request.path.prefix { $0 != "?" }
        if path.hasPrefix(RunAnswer.prefix) {
            return RunAnswer.response(
                request.method, path, state.withLockedValue { $0.isAvailable ? $0.recorded : nil })
        }
        guard request.path == "/v1/ingest", request.method == "POST" else {
            return HTTP2Response(
                status: 404, text: "a test's collector serves /v1/ingest and \(RunAnswer.prefix)ID")
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

extension HTTP2Response {
    init(status: Int, error: IngestError, headers: HTTP2Headers = []) {
        self.init(
            status: status, headers: [("content-type", "application/x-protobuf")] + headers,
            body: ByteBuffer(bytes: error.encoded()))
    }
}
