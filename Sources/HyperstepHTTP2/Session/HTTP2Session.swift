internal import CNGHTTP2
internal import NIOCore

/// One side of an HTTP/2 connection: bytes in, events out; submissions in, bytes out. It does no I/O and knows
/// no clock. The only owner of its `nghttp2_session`, and the only face of libnghttp2 to the rest.
///
/// Not thread-safe: one event loop drives it.
final class HTTP2Session {
    /// Freed in `deinit` and nowhere else.
    let handle: OpaquePointer
    /// Weak, because a handler owns its session and receives its events.
    weak var events: (any HTTP2SessionEvents)?

    /// What is still to be sent of each stream's body.
    var bodies: [Int32: ByteBuffer] = [:]
    /// What the session wrote and the owner has not taken.
    var output = OutboundFrames()
    /// What libnghttp2 last complained about, for error messages.
    var diagnostic: String?

    init(_ options: HTTP2SessionOptions) throws(HTTP2Error) {
        handle = try Self.makeHandle(options)
        // Unretained: the callbacks only run inside calls on this object, which therefore is alive.
        nghttp2_session_set_user_data(handle, Unmanaged.passUnretained(self).toOpaque())
        let settings = options.settings
        try check("announce settings", nghttp2_submit_settings(handle, 0, settings, settings.count))
        try check(
            "set the connection's window",
            nghttp2_session_set_local_window_size(handle, 0, 0, Int32(options.connectionWindowBytes)))
    }

    deinit {
        nghttp2_session_del(handle)
    }

    private static func makeHandle(_ options: HTTP2SessionOptions) throws(HTTP2Error) -> OpaquePointer {
        var callbacks: OpaquePointer?
        var option: OpaquePointer?
        guard nghttp2_session_callbacks_new(&callbacks) == 0, let callbacks else { throw outOfMemory }
        defer { nghttp2_session_callbacks_del(callbacks) }
        guard nghttp2_option_new(&option) == 0, let option else { throw outOfMemory }
        defer { nghttp2_option_del(option) }

        HTTP2SessionCallbacks.install(in: callbacks)
        if options.reopensWindowsItself { nghttp2_option_set_no_auto_window_update(option, 1) }
        var handle: OpaquePointer?
        let status =
            switch options.role {
            case .client: nghttp2_session_client_new2(&handle, callbacks, nil, option)
            case .server: nghttp2_session_server_new2(&handle, callbacks, nil, option)
            }
        guard status == 0, let handle else { throw outOfMemory }
        return handle
    }

    private static let outOfMemory = HTTP2Error(.library, "could not make an HTTP/2 session: out of memory")

    // MARK: Bytes

    /// Takes bytes from the peer; events are reported before it returns. Throws where the connection cannot go
    /// on.
    func receive(_ bytes: ByteBuffer) throws(HTTP2Error) {
        let result = bytes.withUnsafeReadableBytes { raw in
            nghttp2_session_mem_recv(
                handle, raw.baseAddress?.assumingMemoryBound(to: UInt8.self), raw.count)
        }
        if result < 0 { throw violation(Int32(truncatingIfNeeded: result)) }
    }

    /// Writes what is due into `output`, until nothing is left, `limit` bytes are gathered, or flow control
    /// forbids more.
    func pump(upTo limit: Int) throws(HTTP2Error) {
        while output.byteCount < limit {
            var bytes: UnsafePointer<UInt8>?
            let count = nghttp2_session_mem_send(handle, &bytes)
            if count < 0 { throw violation(Int32(truncatingIfNeeded: count)) }
            guard count > 0 else { return }
            output.append(UnsafeRawBufferPointer(start: bytes, count: count))
        }
    }

    /// Whether frames wait to be sent that flow control allows.
    var wantsToWrite: Bool { nghttp2_session_want_write(handle) != 0 }

    /// Whether the connection has served its time: nothing more will be read or written.
    var isFinished: Bool {
        nghttp2_session_want_read(handle) == 0 && nghttp2_session_want_write(handle) == 0
    }

    // MARK: Errors

    func check(_ attempt: String, _ status: Int32) throws(HTTP2Error) {
        if status < 0 {
            throw HTTP2Error(.library, "could not \(attempt): \(Self.text(of: status))")
        }
    }

    private func violation(_ status: Int32) -> HTTP2Error {
        let detail = diagnostic.map { ": \($0)" } ?? ""
        return HTTP2Error(
            .protocolViolation, "the HTTP/2 connection cannot go on: \(Self.text(of: status))\(detail)")
    }

    static func text(of status: Int32) -> String {
        String(cString: nghttp2_strerror(status))
    }
}
