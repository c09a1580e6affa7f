internal import CNGHTTP2

/// What one side of a connection announces about itself, and how it receives.
struct HTTP2SessionOptions {
    enum Role { case client, server }

    var role: Role
    var maximumConcurrentStreams: Int
    var streamWindowBytes: Int
    var connectionWindowBytes: Int
    var maximumFrameBytes: Int
    var maximumHeaderBytes: Int

    /// A server reopens windows itself, as the work behind the bytes is done; a client's responses are small
    /// and bounded, so libnghttp2 may do it on arrival.
    var reopensWindowsItself: Bool { role == .server }

    var settings: [nghttp2_settings_entry] {
        var entries = [
            entry(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, streamWindowBytes),
            entry(NGHTTP2_SETTINGS_MAX_FRAME_SIZE, maximumFrameBytes),
            entry(NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, maximumHeaderBytes),
        ]
        switch role {
        case .client: entries.append(entry(NGHTTP2_SETTINGS_ENABLE_PUSH, 0))
        case .server:
            entries.append(entry(NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, maximumConcurrentStreams))
        }
        return entries
    }

    private func entry(_ id: nghttp2_settings_id, _ value: Int) -> nghttp2_settings_entry {
        nghttp2_settings_entry(settings_id: Int32(id.rawValue), value: UInt32(value))
    }
}
