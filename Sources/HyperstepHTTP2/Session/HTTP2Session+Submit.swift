internal import CNGHTTP2
internal import NIOCore

extension HTTP2Session {
    // MARK: Messages

    /// Opens a stream with a request, and returns its number. It is sent when the peer's limits allow.
    func submitRequest(_ headers: HTTP2Headers, body: ByteBuffer) throws(HTTP2Error) -> Int32 {
        let stream = HeaderBlock.with(headers) { fields, count in
            withProvider(for: body) { nghttp2_submit_request(handle, nil, fields, count, $0, nil) }
        }
        try check("send a request", stream)
        keep(body, for: stream)
        return stream
    }

    /// Answers a stream and ends this side of it.
    func submitResponse(_ headers: HTTP2Headers, body: ByteBuffer, on stream: Int32) throws(HTTP2Error) {
        let status = HeaderBlock.with(headers) { fields, count in
            withProvider(for: body) { nghttp2_submit_response(handle, stream, fields, count, $0) }
        }
        try check("send a response", status)
        keep(body, for: stream)
    }

    /// Tells a client that waits with its body (`expect: 100-continue`) to send it.
    func submitContinue(on stream: Int32) throws(HTTP2Error) {
        let status = HeaderBlock.with([(":status", "100")]) { fields, count in
            nghttp2_submit_headers(handle, 0, stream, nil, fields, count, nil)
        }
        try check("send 100 Continue", status)
    }

    private func keep(_ body: ByteBuffer, for stream: Int32) {
        if body.readableBytes > 0 { bodies[stream] = body }
    }

    private func withProvider(
        for body: ByteBuffer, _ submit: (UnsafePointer<nghttp2_data_provider>?) -> Int32
    ) -> Int32 {
        guard body.readableBytes > 0 else { return submit(nil) }
        var provider = nghttp2_data_provider(
            source: nghttp2_data_source(), read_callback: HTTP2SessionCallbacks.announceData)
        return submit(&provider)
    }

    // MARK: Control

    func reset(_ stream: Int32, _ code: HTTP2ErrorCode) throws(HTTP2Error) {
        try check("reset a stream", nghttp2_submit_rst_stream(handle, 0, stream, code.rawValue))
    }

    /// Says goodbye now; streams in flight are given up.
    func terminate(_ code: HTTP2ErrorCode) throws(HTTP2Error) {
        try check("end the connection", nghttp2_session_terminate_session(handle, code.rawValue))
    }

    /// The first half of a graceful shutdown: the peer is asked to open no more streams, those that are
    /// already under way to us are still served.
    func announceShutdown() throws(HTTP2Error) {
        try check("announce shutdown", nghttp2_submit_shutdown_notice(handle))
        try ping()
    }

    /// The second half: names the last stream that is served. The session is finished when all of them are.
    func stopAcceptingStreams() throws(HTTP2Error) {
        let last = nghttp2_session_get_last_proc_stream_id(handle)
        try check("send GOAWAY", nghttp2_submit_goaway(handle, 0, last, 0, nil, 0))
    }

    func ping() throws(HTTP2Error) {
        try check("send a ping", nghttp2_submit_ping(handle, 0, nil))
    }

    // MARK: Flow control

    /// Lets the peer send as many more bytes on this stream. A stream that is gone is none of our business.
    func reopenStream(_ stream: Int32, by bytes: Int) throws(HTTP2Error) {
        try check("reopen a stream's window", nghttp2_session_consume_stream(handle, stream, bytes))
    }

    /// Lets the peer send as many more bytes on the connection.
    func reopenConnection(by bytes: Int) throws(HTTP2Error) {
        try check("reopen the connection's window", nghttp2_session_consume_connection(handle, bytes))
    }

    /// How many more bytes the peer may send on the connection, as far as it has been told.
    var peerMaySend: Int { Int(nghttp2_session_get_local_window_size(handle)) }
}
