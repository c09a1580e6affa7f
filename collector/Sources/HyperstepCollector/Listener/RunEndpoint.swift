internal import HyperstepHTTP2
internal import HyperstepWire
internal import NIOCore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// `GET /v1/runs/<run id>`: what the database knows of a run, for a program that resumes it.
struct RunEndpoint {
    static let prefix = "/v1/runs/"
    private static let field = "run_id"

    let runs: any RunLookup

    func handle(_ request: HTTP2ServerRequest, _ path: String, _ responder: HTTP2Responder) {
        guard request.method == "GET" else {
            responder.respond(
                IngestAnswer.refused(
                    405, IngestError(field: ":method", reason: "\(Self.prefix)ID takes GET"),
                    headers: [("allow", "GET")]))
            return
        }
        guard let run = UUID(uuidString: String(path.dropFirst(Self.prefix.count))) else {
            responder.respond(
                IngestAnswer.refused(400, IngestError(field: Self.field, reason: "expected a UUID")))
            return
        }
        responder.eventLoop.makeFutureWithTask { [runs] in await runs.find(run) }.whenSuccess { finding in
            responder.respond(Self.response(to: finding))
        }
    }

    static func response(to finding: RunFinding) -> HTTP2Response {
        switch finding {
        case .known(let state):
            HTTP2Response(
                status: 200, headers: [("content-type", IngestAnswer.mediaType)],
                body: ByteBuffer(bytes: state.encoded()))
        case .unknown:
            IngestAnswer.refused(
                404, IngestError(field: field, reason: "the database knows no run of this id"))
        case .unavailable(let reason):
            IngestAnswer.refused(503, IngestError(field: "", reason: reason), retryAfter: .seconds(1))
        }
    }
}
