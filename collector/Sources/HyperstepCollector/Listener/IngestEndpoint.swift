internal import HyperstepHTTP2
internal import HyperstepWire
internal import NIOCore

/// `POST /v1/ingest`: checks and decodes a request, submits its batch, and answers with what became of it.
struct IngestEndpoint {
    static let path = "/v1/ingest"

    let sink: any IngestSink

    func handle(_ request: HTTP2ServerRequest, _ responder: HTTP2Responder) {
        if let refusal = refusal(of: request) {
            responder.respond(refusal)
            return
        }
        do throws(WireError) {
            let batch = try Self.decode(request.body)
            sink.submit(batch, bytes: request.body.readableBytes) { outcome in
                responder.respond(IngestAnswer.response(to: outcome, stream: batch.stream))
            }
        } catch {
            responder.respond(IngestAnswer.malformed(error))
        }
    }

    private static func decode(_ body: ByteBuffer) throws(WireError) -> Batch {
        let result = body.withUnsafeReadableBytes { bytes in
            Result { () throws(WireError) in try Batch(decoding: bytes) }
        }
        return try result.get()
    }

    private func refusal(of request: HTTP2ServerRequest) -> HTTP2Response? {
        guard request.method == "POST" else {
            return IngestAnswer.refused(
                405, IngestError(field: ":method", reason: "\(Self.path) takes POST"),
                headers: [("allow", "POST")])
        }
        let mediaType = request.header("content-type") ?? ""
        let essence = mediaType.prefix { $0 != ";" && $0 != " " }.lowercased()
        guard essence == IngestAnswer.mediaType else {
            return IngestAnswer.refused(
                415, IngestError(field: "content-type", reason: "must be \(IngestAnswer.mediaType)"))
        }
        guard (request.header("content-encoding") ?? "identity").lowercased() == "identity" else {
            return IngestAnswer.refused(
                415, IngestError(field: "content-encoding", reason: "bodies are taken uncompressed only"))
        }
        return nil
    }
}
