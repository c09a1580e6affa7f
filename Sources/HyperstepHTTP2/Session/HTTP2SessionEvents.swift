/// What a session reports while it takes bytes in or gives bytes out. All of it is called on the thread that
/// drives the session, from inside libnghttp2: an implementation notes what happened and acts afterwards; it
/// may submit frames, but neither feed nor pump the session.
protocol HTTP2SessionEvents: AnyObject {
    /// A block of header fields begins: the first of its stream, or a later one (trailers, or the final
    /// response after an informational one).
    func headersBegan(on stream: Int32, isFirst: Bool)
    /// Whether the next field, of this size, is wanted; a field that is not is never copied.
    func wantsHeader(nameBytes: Int, valueBytes: Int, on stream: Int32) -> Bool
    /// A field, checked by libnghttp2.
    func receivedHeader(name: String, value: String, on stream: Int32)
    /// The block of header fields is complete; with `endsStream`, `remoteEnded` follows.
    func headersEnded(on stream: Int32, endsStream: Bool)
    /// Bytes of the body. They are only valid during the call.
    func receivedData(_ bytes: UnsafeRawBufferPointer, on stream: Int32)
    /// The peer has sent all of its side of the stream.
    func remoteEnded(_ stream: Int32)
    /// The peer reset the stream; `streamClosed` follows.
    func remoteReset(_ stream: Int32)
    /// A DATA frame of this side went to the output.
    func sentData(on stream: Int32)
    /// This side's last frame of the stream went to the output.
    func localEnded(_ stream: Int32)
    /// The stream is over for both sides, or could not be opened at all.
    func streamClosed(_ stream: Int32, code: HTTP2ErrorCode)
    /// The peer's settings arrived.
    func receivedSettings()
    /// The peer has taken over this side's settings.
    func settingsAcknowledged()
    /// The peer answered a ping.
    func pingAcknowledged()
    /// The peer takes no new streams.
    func receivedGoAway(code: HTTP2ErrorCode)
}
