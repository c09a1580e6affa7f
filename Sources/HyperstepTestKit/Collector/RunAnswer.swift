import HyperstepHTTP2
import HyperstepWire
import NIOCore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// `GET /v1/runs/<run id>`, by which a run that is resumed learns which attempts there were: answered as the
/// collector answers it.
enum RunAnswer {
    static let prefix = "/v1/runs/"
    private static let field = "run_id"

    /// - Parameter recorded: nil while nobody can tell.
    static func response(_ method: String, _ path: Substring, _ recorded: Recorded?) -> HTTP2Response {
        guard method == "GET" else {
            return HTTP2Response(
                status: 405, error: IngestError(field: ":method", reason: "\(prefix)ID takes GET"),
                headers: [("allow", "GET")])
        }
        guard let id = UUID(uuidString: String(path.dropFirst(prefix.count))) else {
            return HTTP2Response(status: 400, error: IngestError(field: field, reason: "expected a UUID"))
        }
        guard let recorded else {
            return HTTP2Response(
                status: 503, error: IngestError(field: "", reason: "not available, as the test says"),
                headers: [("retry-after", "1")])
        }
        guard let run = recorded.runs.first(where: { $0.id == id }) else {
            return HTTP2Response(
                status: 404, error: IngestError(field: field, reason: "nothing came of a run of this id"))
        }
        return HTTP2Response(
            status: 200, headers: [("content-type", "application/x-protobuf")],
            body: ByteBuffer(bytes: RunState(run).encoded()))
    }
}

extension RunState {
    fileprivate init(_ run: RecordedRun) {
        self.init(runID: run.id, attempt: Int16(clamping: run.attempt), status: run.status.name)
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
