internal import Logging
internal import NIOCore

/// The end of a connection's pipeline: what went wrong on it goes to the log, and the connection away.
final class ConnectionLog: ChannelInboundHandler {
    typealias InboundIn = Never

    private let logger: Logger

    init(logger: Logger) { self.logger = logger }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        let peer = context.remoteAddress.map { "\($0)" } ?? "unknown"
        logger.debug("a connection was ended", metadata: ["peer": "\(peer)", "reason": "\(error)"])
        context.close(promise: nil)
    }
}
