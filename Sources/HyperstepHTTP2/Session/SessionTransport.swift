internal import NIOCore

/// Carries a session's output to its channel, no faster than the channel takes it, and ends the channel when
/// the session is over.
final class SessionTransport {
    /// How much is gathered between two writes.
    static let writeBytes = 256 << 10

    let session: HTTP2Session
    let context: ChannelHandlerContext
    private var isClosing = false

    init(_ session: HTTP2Session, _ context: ChannelHandlerContext) {
        self.session = session
        self.context = context
    }

    /// Writes and flushes what is due while the channel is writable; what is left waits until it is again.
    /// `batch` is called after each gathering and may give a promise for its last buffer.
    func flush(batch: () -> EventLoopPromise<Void>? = { nil }) throws(HTTP2Error) {
        guard !isClosing else { return }
        while context.channel.isWritable {
            try session.pump(upTo: Self.writeBytes)
            let promise = batch()
            let buffers = session.output.take()
            guard let last = buffers.last else {
                promise?.succeed()
                return
            }
            for buffer in buffers.dropLast() { context.write(NIOAny(buffer), promise: nil) }
            context.writeAndFlush(NIOAny(last), promise: promise)
        }
    }

    /// Ends this side when nothing more is to be said, and the channel when the peer has ended its own: data
    /// of the peer that is still under way must not turn into a reset that eats our last words.
    func closeIfFinished() {
        guard !isClosing, session.isFinished else { return }
        isClosing = true
        context.close(mode: .output, promise: nil)
        let channel = context.channel
        context.eventLoop.scheduleTask(in: .seconds(1)) { channel.close(promise: nil) }
    }

    /// Says goodbye as far as possible, and closes.
    func closeInError() {
        guard !isClosing else { return }
        isClosing = true
        if (try? session.terminate(.protocolError)) != nil, (try? session.pump(upTo: Self.writeBytes)) != nil
        {
            for buffer in session.output.take() { context.write(NIOAny(buffer), promise: nil) }
        }
        context.flush()
        context.close(promise: nil)
    }
}
