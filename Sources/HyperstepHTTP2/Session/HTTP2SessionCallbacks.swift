internal import CNGHTTP2
internal import NIOCore

/// The functions that libnghttp2 calls. Each only finds its session, guards, and delegates.
enum HTTP2SessionCallbacks {
    static func install(in callbacks: OpaquePointer) {
        installReceiving(in: callbacks)
        installSending(in: callbacks)
        nghttp2_session_callbacks_set_on_stream_close_callback(callbacks) { _, stream, code, userData in
            let session = session(of: userData)
            session?.bodies[stream] = nil
            session?.events?.streamClosed(stream, code: HTTP2ErrorCode(rawValue: code))
            return 0
        }
        nghttp2_session_callbacks_set_error_callback2(callbacks) { _, _, message, count, userData in
            guard let message else { return 0 }
            let text = UnsafeRawBufferPointer(start: message, count: min(count, 200))
            session(of: userData)?.diagnostic = String(decoding: text, as: UTF8.self)
            return 0
        }
    }

    private static func installReceiving(in callbacks: OpaquePointer) {
        nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks) { _, frame, userData in
            guard let frame else { return 0 }
            let category = frame.pointee.headers.cat
            let isFirst = category == NGHTTP2_HCAT_REQUEST || category == NGHTTP2_HCAT_RESPONSE
            session(of: userData)?.events?.headersBegan(on: frame.pointee.hd.stream_id, isFirst: isFirst)
            return 0
        }
        nghttp2_session_callbacks_set_on_header_callback(callbacks) {
            _, frame, name, nameCount, value, valueCount, _, userData in
            guard let frame, let events = session(of: userData)?.events else { return 0 }
            let stream = frame.pointee.hd.stream_id
            guard events.wantsHeader(nameBytes: nameCount, valueBytes: valueCount, on: stream) else {
                return 0
            }
            events.receivedHeader(
                name: text(name, nameCount), value: text(value, valueCount), on: stream)
            return 0
        }
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks) {
            _, _, stream, bytes, count, userData in
            let data = UnsafeRawBufferPointer(start: bytes, count: count)
            session(of: userData)?.events?.receivedData(data, on: stream)
            return 0
        }
        nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks) { _, frame, userData in
            if let frame, let events = session(of: userData)?.events { report(frame, to: events) }
            return 0
        }
    }

    private static func installSending(in callbacks: OpaquePointer) {
        nghttp2_session_callbacks_set_data_source_read_length_callback(callbacks) {
            _, _, _, connectionWindow, streamWindow, maximumFrame, _ in
            // As much as one frame may hold: libnghttp2's own choice would be 16 KiB.
            Int(min(connectionWindow, streamWindow, Int32(clamping: maximumFrame)))
        }
        nghttp2_session_callbacks_set_send_data_callback(callbacks) {
            _, frame, frameHeader, count, _, userData in
            guard let frame, let frameHeader, let session = session(of: userData) else {
                return NGHTTP2_ERR_CALLBACK_FAILURE.rawValue
            }
            return writeData(session, frame.pointee.hd.stream_id, frameHeader, count)
        }
        nghttp2_session_callbacks_set_on_frame_send_callback(callbacks) { _, frame, userData in
            guard let frame, let events = session(of: userData)?.events else { return 0 }
            let header = frame.pointee.hd
            let isData = UInt32(header.type) == NGHTTP2_DATA.rawValue
            let isMessage = isData || UInt32(header.type) == NGHTTP2_HEADERS.rawValue
            if isData { events.sentData(on: header.stream_id) }
            if isMessage, endsStream(header) { events.localEnded(header.stream_id) }
            return 0
        }
    }

    /// Says how much of a body the next DATA frame takes; `writeData` then writes it, uncopied.
    static let announceData: nghttp2_data_source_read_callback = {
        _, stream, _, limit, flags, _, userData in
        guard let flags, let body = session(of: userData)?.bodies[stream] else {
            return Int(NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue)
        }
        let count = min(limit, body.readableBytes)
        flags.pointee |= UInt32(NGHTTP2_DATA_FLAG_NO_COPY.rawValue)
        if count == body.readableBytes { flags.pointee |= UInt32(NGHTTP2_DATA_FLAG_EOF.rawValue) }
        return count
    }
}

private func writeData(
    _ session: HTTP2Session, _ stream: Int32, _ frameHeader: UnsafePointer<UInt8>, _ count: Int
) -> Int32 {
    guard let slice = session.bodies[stream]?.readSlice(length: count) else {
        return NGHTTP2_ERR_CALLBACK_FAILURE.rawValue
    }
    session.output.append(UnsafeRawBufferPointer(start: frameHeader, count: 9))
    session.output.append(slice)
    if session.bodies[stream]?.readableBytes == 0 { session.bodies[stream] = nil }
    return 0
}

private func report(_ frame: UnsafePointer<nghttp2_frame>, to events: any HTTP2SessionEvents) {
    let header = frame.pointee.hd
    let isAcknowledgement = header.flags & UInt8(NGHTTP2_FLAG_ACK.rawValue) != 0
    switch nghttp2_frame_type(UInt32(header.type)) {
    case NGHTTP2_HEADERS:
        events.headersEnded(on: header.stream_id, endsStream: endsStream(header))
        if endsStream(header) { events.remoteEnded(header.stream_id) }
    case NGHTTP2_DATA:
        if endsStream(header) { events.remoteEnded(header.stream_id) }
    case NGHTTP2_RST_STREAM: events.remoteReset(header.stream_id)
    case NGHTTP2_SETTINGS:
        if isAcknowledgement { events.settingsAcknowledged() } else { events.receivedSettings() }
    case NGHTTP2_PING:
        if isAcknowledgement { events.pingAcknowledged() }
    case NGHTTP2_GOAWAY:
        events.receivedGoAway(code: HTTP2ErrorCode(rawValue: frame.pointee.goaway.error_code))
    default: break
    }
}

private func endsStream(_ header: nghttp2_frame_hd) -> Bool {
    header.flags & UInt8(NGHTTP2_FLAG_END_STREAM.rawValue) != 0
}

private func text(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> String {
    String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
}

/// The session that a callback is for. It was put there by `HTTP2Session.init` and is alive, because
/// libnghttp2 calls back only from inside a call on it.
private func session(of userData: UnsafeMutableRawPointer?) -> HTTP2Session? {
    userData.map { Unmanaged<HTTP2Session>.fromOpaque($0).takeUnretainedValue() }
}
