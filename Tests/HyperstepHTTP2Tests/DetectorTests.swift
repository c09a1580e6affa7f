import HyperstepHTTP2
import NIOCore
import NIOEmbedded
import Testing

@Suite("Telling HTTP/2 from HTTP/1 by the first bytes")
struct DetectorTests {
    private final class Collect: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        let name: String
        var bytes: [UInt8] = []
        init(_ name: String) { self.name = name }
        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            bytes.append(contentsOf: unwrapInboundIn(data).readableBytesView)
        }
    }

    private func channel() throws -> EmbeddedChannel {
        let channel = EmbeddedChannel()
        let detector = HTTP2OrHTTP1Detector(
            http2: { try $0.pipeline.syncOperations.addHandler(Collect("http2")) },
            http1: { try $0.pipeline.syncOperations.addHandler(Collect("http1")) })
        try channel.pipeline.syncOperations.addHandler(detector)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 9)).wait()
        return channel
    }

    private func collected(_ channel: EmbeddedChannel) -> Collect? {
        try? channel.pipeline.syncOperations.handler(type: Collect.self)
    }

    @Test("The preface chooses HTTP/2 wherever it is cut, and no byte is lost")
    func http2() throws {
        let bytes = Frames.opening + Frames.request(1)
        for cut in 0...bytes.count {
            let channel = try channel()
            try channel.writeInbound(ByteBuffer(bytes: bytes[..<cut]))
            try channel.writeInbound(ByteBuffer(bytes: bytes[cut...]))
            let collect = try #require(collected(channel))
            #expect(collect.name == "http2" && collect.bytes == bytes, "cut at \(cut)")
            #expect((try? channel.pipeline.syncOperations.handler(type: HTTP2OrHTTP1Detector.self)) == nil)
        }
    }

    @Test(
        "Anything else chooses HTTP/1",
        arguments: [
            "GET / HTTP/1.1\r\n\r\n", "POST / HTTP/1.1\r\n", "P", "PRI * HTTP/1.1\r\n", "\u{16}\u{3}\u{1}",
            "\0",
        ])
    func http1(text: String) throws {
        let channel = try channel()
        try channel.writeInbound(ByteBuffer(string: text))
        if "PRI * HTTP/2.0".hasPrefix(text) {
            #expect(collected(channel) == nil, "still undecided")
            try channel.writeInbound(ByteBuffer(string: "ATCH"))
        }
        let collect = try #require(collected(channel))
        #expect(collect.name == "http1")
        #expect(String(decoding: collect.bytes, as: UTF8.self).hasPrefix(text))
    }

    @Test("A client that stays silent, or undecided, is disconnected in time", arguments: ["", "PRI * HT"])
    func silent(start: String) throws {
        let channel = try channel()
        try channel.writeInbound(ByteBuffer(string: start))
        channel.embeddedEventLoop.advanceTime(by: .seconds(9))
        #expect(channel.isActive)
        channel.embeddedEventLoop.advanceTime(by: .seconds(2))
        #expect(!channel.isActive)
    }

    @Test("A shutdown waits for no undecided client, and a decided one has no deadline")
    func deadlines() throws {
        let undecided = try channel()
        undecided.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
        #expect(!undecided.isActive)
        let decided = try channel()
        try decided.writeInbound(ByteBuffer(string: "GET"))
        decided.embeddedEventLoop.advanceTime(by: .seconds(60))
        #expect(decided.isActive)
    }
}
