internal import HyperstepHTTP2
internal import NIOCore

/// What is to be had at which path over HTTP/2.
struct CollectorRoutes {
    let ingest: IngestEndpoint
    let runs: RunEndpoint
    let health: HealthAnswers

    func handle(_ request: HTTP2ServerRequest, _ responder: HTTP2Responder) {
        let path = String(request.path.prefix { $0 != "?" })
        if path == IngestEndpoint.path { return ingest.handle(request, responder) }
        if path.hasPrefix(RunEndpoint.prefix) { return runs.handle(request, path, responder) }
        guard let question = HealthAnswers.Question(path: path) else {
            responder.respond(
                HTTP2Response(
                    status: 404,
                    text: """
                        nothing here; the collector serves \(IngestEndpoint.path), \(RunEndpoint.prefix)ID, /healthz \
                        and /readyz
                        """))
            return
        }
        guard request.method == "GET" || request.method == "HEAD" else {
            responder.respond(
                HTTP2Response(status: 405, headers: [("allow", "GET, HEAD")], text: "\(path) takes GET"))
            return
        }
        health.answer(question, on: responder.eventLoop).whenSuccess { answer in
            responder.respond(HTTP2Response(status: answer.status, text: answer.text))
        }
    }
}
