import HyperstepHTTP2
import NIOCore
import NIOEmbedded
import Testing

/// The server byte by byte, on a channel without a socket.
@Suite("The server handler")
struct ServerHandlerTests {
    @Test("A request is handed over whole and its answer sent")
    func oneRequest() throws {
        let server = try EmbeddedServer()
        #expect(server.frames().of(4).count == 1)
        server.feed(Frames.opening + Frames.request(1, path: "/v1/x?y=z", [("x-test", "1")]))
        server.feed(Frames.data(1, Array("hel".utf8)))
        #expect(server.requests.isEmpty)
        server.feed(Frames.data(1, Array("lo".utf8), end: true))

        let (request, responder) = try #require(server.requests.first)
        #expect(request.method == "POST" && request.path == "/v1/x?y=z" && request.authority == "test")
        #expect(request.header("X-Test") == "1")
        #expect(request.body == ByteBuffer(string: "hello"))
        #expect(request.remoteAddress != nil)
        _ = server.frames()
        #expect(responder.respond(status: 200, body: ByteBuffer(string: "fine")))
        #expect(!responder.respond(status: 500))
        let frames = server.frames()
        #expect(frames.of(1, on: 1).count == 1)
        #expect(frames.data(on: 1) == Array("fine".utf8))
        #expect(frames.of(0, on: 1).last?.flags == Frames.endStream)
    }

    @Test("A conversation split at any byte is understood the same")
    func splitAnywhere() throws {
        let bytes =
            Frames.opening + Frames.request(1) + Frames.data(1, [1, 2, 3]) + Frames.ping()
            + Frames.data(1, [4], end: true) + Frames.request(3, method: "GET", end: true)
        for cut in 0...bytes.count {
            let server = try EmbeddedServer()
            server.feed(Array(bytes[..<cut]))
            server.feed(Array(bytes[cut...]))
            #expect(server.requests.count == 2, "cut at \(cut)")
            #expect(server.requests.first?.0.body == ByteBuffer(bytes: [1, 2, 3, 4]), "cut at \(cut)")
        }
        let server = try EmbeddedServer()
        for byte in bytes { server.feed([byte]) }
        #expect(server.requests.map(\.0.method) == ["POST", "GET"])
    }

    @Test("A truncated conversation hands over nothing half")
    func truncatedAnywhere() throws {
        let bytes = Frames.opening + Frames.request(1) + Frames.data(1, [1, 2, 3], end: true)
        for cut in 0..<bytes.count {
            let server = try EmbeddedServer()
            server.feed(Array(bytes[..<cut]))
            server.disconnect()
            #expect(server.requests.isEmpty, "cut at \(cut)")
        }
    }

    @Test("Random bytes end the connection and nothing else", arguments: 1...40 as ClosedRange<UInt64>)
    func randomBytes(seed: UInt64) throws {
        var random = SplitMix64(state: seed)
        let noise = (0..<2000).map { _ in UInt8.random(in: 0...255, using: &random) }
        let server = try EmbeddedServer()
        #expect(server.feed(noise) is HTTP2Error)
        #expect(!server.channel.isActive)
        #expect(server.requests.isEmpty)

        let later = try EmbeddedServer()
        later.feed(Frames.opening + noise)
        #expect(later.requests.isEmpty)
        later.disconnect()
    }

    @Test("Damage to any byte of a conversation never hands over more than was sent")
    func damagedAnywhere() throws {
        let whole = Frames.opening + Frames.request(1) + Frames.data(1, [1, 2, 3], end: true)
        var random = SplitMix64(state: 7)
        for index in whole.indices {
            var bytes = whole
            bytes[index] ^= UInt8.random(in: 1...255, using: &random)
            let server = try EmbeddedServer()
            server.feed(bytes)
            #expect(server.requests.count <= 1, "byte \(index)")
            server.dropResponders()
            server.disconnect()
        }
    }

    @Test("The connection's window reopens with the answers, not with the bytes")
    func connectionWindow() throws {
        var configuration = HTTP2ServerConfiguration()
        configuration.connectionWindowBytes = 65_535
        let server = try EmbeddedServer(configuration)
        server.feed(Frames.opening)
        let body = [UInt8](repeating: 1, count: 16_384)
        for stream: UInt32 in [1, 3, 5] {
            server.feed(Frames.request(stream) + Frames.data(stream, body, end: true))
        }
        #expect(server.frames().reopened(0) == 0)
        server.requests[0].1.respond(status: 200)
        server.requests[1].1.release()
        #expect(server.frames().reopened(0) == 32_768)
        server.requests[1].1.respond(status: 200)
        #expect(server.frames().reopened(0) == 0)
    }

    @Test("Bodies larger than the connection's window arrive nevertheless, several at once")
    func bodiesBeyondTheWindow() throws {
        var configuration = HTTP2ServerConfiguration()
        configuration.connectionWindowBytes = 65_535
        configuration.streamWindowBytes = 65_535
        let server = try EmbeddedServer(configuration)
        server.feed(Frames.opening + Frames.settings(ack: true) + Frames.request(1) + Frames.request(3))
        var windows: [UInt32: Int] = [0: 65_535, 1: 65_535, 3: 65_535]
        var left: [UInt32: Int] = [1: 200_000, 3: 200_000]
        while left.values.contains(where: { $0 > 0 }) {
            var isStuck = true
            for stream: UInt32 in [1, 3] {
                let count = min(
                    left[stream, default: 0], windows[0, default: 0], windows[stream, default: 0], 9000)
                guard count > 0 else { continue }
                isStuck = false
                for id in [0, stream] { windows[id, default: 0] -= count }
                left[stream, default: 0] -= count
                server.feed(
                    Frames.data(stream, [UInt8](repeating: 0, count: count), end: left[stream] == 0))
            }
            let frames = server.frames()
            for id: UInt32 in [0, 1, 3] { windows[id, default: 0] += frames.reopened(id) }
            if isStuck, !server.requests.isEmpty {
                for (_, responder) in server.requests { responder.respond(status: 200) }
                windows[0, default: 0] += server.frames().reopened(0)
            } else if isStuck {
                Issue.record("no window reopens and no request is whole")
                return
            }
        }
        #expect(server.requests.map(\.0.body.readableBytes) == [200_000, 200_000])
    }

    @Test("More data than the window allows is a breach that ends the connection")
    func windowBreached() throws {
        var configuration = HTTP2ServerConfiguration()
        configuration.connectionWindowBytes = 65_535
        let server = try EmbeddedServer(configuration)
        server.feed(Frames.opening)
        for stream: UInt32 in [1, 3, 5, 7, 9] {
            let body = [UInt8](repeating: 1, count: 16_000)
            server.feed(Frames.request(stream) + Frames.data(stream, body, end: true))
        }
        let goAway = server.frames().of(7)
        #expect(goAway.last?.number(at: 4) == 3, "FLOW_CONTROL_ERROR")
        #expect(server.requests.count == 4)
    }

    @Test("A body above the bound is answered 413, and its client told to stop when it does not by itself")
    func tooLarge() throws {
        var configuration = HTTP2ServerConfiguration()
        configuration.maximumBodyBytes = 1000
        let server = try EmbeddedServer(configuration)
        server.feed(Frames.opening + Frames.request(1) + Frames.data(1, [UInt8](repeating: 0, count: 1001)))
        let frames = server.frames()
        #expect(String(decoding: frames.data(on: 1), as: UTF8.self).contains("1000"))
        #expect(frames.of(3, on: 1).isEmpty)
        // Data that was under way is swallowed.
        server.feed(Frames.data(1, [1, 2, 3]))
        server.channel.embeddedEventLoop.advanceTime(by: .seconds(5))
        #expect(server.frames().of(3, on: 1).map { $0.number(at: 0) } == [0], "NO_ERROR")
        server.feed(Frames.data(1, [1, 2, 3], end: true))
        server.feed(Frames.request(3, method: "GET", end: true))
        #expect(server.requests.count == 1)
        #expect(server.channel.isActive)
    }

    @Test(
        "Malformed requests are reset and do not reach the owner",
        arguments: [
            [(":method", "POST"), (":scheme", "http"), (":authority", "a")],
            [(":method", "POST"), (":scheme", "http"), (":path", "/"), (":status", "200")],
            [(":method", "POST"), (":scheme", "http"), (":path", "/"), (":method", "GET")],
            [(":method", "POST"), (":scheme", "http"), (":path", "/"), ("X-Upper", "1")],
            [(":method", "POST"), (":scheme", "http"), (":path", "/"), ("connection", "close")],
            [(":method", "POST"), (":scheme", "http"), (":path", "/"), ("content-length", "abc")],
            [("x", "1"), (":method", "POST"), (":scheme", "http"), (":path", "/")],
            [(":method", "POST"), (":scheme", "http"), (":path", "/"), (":unknown", "1")],
        ])
    func malformed(fields: [(String, String)]) throws {
        let server = try EmbeddedServer()
        server.feed(Frames.opening + Frames.headers(1, fields, end: true))
        #expect(server.requests.isEmpty)
        #expect(server.frames().of(3, on: 1).first?.number(at: 0) == 1, "PROTOCOL_ERROR")
        server.feed(Frames.request(3, method: "GET", end: true))
        #expect(server.requests.count == 1)
    }

    @Test("A body that contradicts its announced length is reset", arguments: [2, 4])
    func wrongLength(announced: Int) throws {
        let server = try EmbeddedServer()
        server.feed(Frames.opening + Frames.request(1, [("content-length", "\(announced)")]))
        server.feed(Frames.data(1, [1, 2, 3], end: true))
        #expect(server.requests.isEmpty)
        #expect(server.frames().of(3, on: 1).count == 1)
    }

    @Test("Fields after the body end the request and are not mixed with those before it")
    func trailers() throws {
        let server = try EmbeddedServer()
        server.feed(Frames.opening + Frames.request(1) + Frames.data(1, [1]))
        server.feed(Frames.headers(1, [("x-checksum", "1")], end: true))
        #expect(server.requests.first?.0.body == ByteBuffer(bytes: [1]))
        #expect(server.requests.first?.0.header("x-checksum") == nil)
    }

    @Test("A responder that is dropped answers 500")
    func dropped() throws {
        let server = try EmbeddedServer()
        server.feed(Frames.opening + Frames.request(1, method: "GET", end: true))
        _ = server.frames()
        server.dropResponders()
        let text = String(decoding: server.frames().data(on: 1), as: UTF8.self)
        #expect(text.contains("no answer"))
    }

    @Test("Answering, releasing and dropping after the client went are harmless")
    func clientGone() throws {
        let budget = HTTP2ByteBudget(limit: 100)
        var configuration = HTTP2ServerConfiguration()
        configuration.budget = budget
        let server = try EmbeddedServer(configuration)
        server.feed(Frames.opening)
        for stream: UInt32 in [1, 3, 5] {
            server.feed(Frames.request(stream) + Frames.data(stream, [1, 2], end: true))
        }
        #expect(budget.bytesInFlight == 6)
        server.disconnect()
        #expect(budget.bytesInFlight == 6)
        #expect(server.requests[0].1.respond(status: 200))
        server.requests[1].1.release()
        #expect(budget.bytesInFlight == 2)
        server.dropResponders()
        #expect(budget.bytesInFlight == 0)
    }

    @Test("A shutdown announces itself, serves what is in flight, then names the last stream and closes")
    func gracefulShutdown() throws {
        let server = try EmbeddedServer()
        server.feed(Frames.opening + Frames.request(1, method: "GET", end: true))
        _ = server.frames()
        server.channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
        let notice = server.frames()
        #expect(notice.of(7).map { $0.number(at: 0) } == [UInt32(Int32.max)])
        // A request that was under way before the client learned of it.
        server.feed(Frames.request(3, method: "GET", end: true) + Frames.ping(ack: true))
        #expect(server.frames().of(7).map { $0.number(at: 0) } == [3])
        server.feed(Frames.request(5, method: "GET", end: true))
        #expect(server.requests.count == 2)

        for (_, responder) in server.requests { responder.respond(status: 204) }
        #expect(server.frames().of(1).map(\.stream) == [1, 3])
        #expect(!server.channel.isActive)
    }

    @Test("A shutdown of an idle connection closes it")
    func gracefulShutdownWhenIdle() throws {
        let server = try EmbeddedServer()
        server.feed(Frames.opening + Frames.settings(ack: true))
        server.handler.beginGracefulShutdown()
        server.handler.beginGracefulShutdown()
        server.feed(Frames.ping(ack: true))
        #expect(!server.channel.isActive)
    }

    @Test("Time: idle connections close, stalled bodies are answered 408, unanswered settings end it")
    func time() throws {
        var configuration = HTTP2ServerConfiguration()
        configuration.idleTimeout = .seconds(4)
        configuration.progressTimeout = .seconds(2)
        configuration.settingsTimeout = .seconds(100)
        let server = try EmbeddedServer(configuration)
        server.feed(Frames.opening + Frames.settings(ack: true) + Frames.request(1))
        _ = server.frames()
        server.channel.embeddedEventLoop.advanceTime(by: .seconds(3))
        #expect(server.frames().data(on: 1).isEmpty == false)
        server.channel.embeddedEventLoop.advanceTime(by: .seconds(7))
        #expect(server.frames().of(7).count == 1)
        #expect(!server.channel.isActive)
    }

    @Test("A flood of pings that nobody reads the answers to ends the connection")
    func pingFlood() throws {
        let server = try EmbeddedServer()
        server.feed(Frames.opening)
        server.channel.isWritable = false
        server.channel.pipeline.fireChannelWritabilityChanged()
        var error: (any Error)?
        for _ in 0..<20 where error == nil {
            error = server.feed((0..<100).flatMap { _ in Frames.ping() })
        }
        #expect(error is HTTP2Error)
        #expect(!server.channel.isActive)
    }

    @Test("A flood of settings that nobody reads the answers to ends the connection")
    func settingsFlood() throws {
        let server = try EmbeddedServer()
        server.feed(Frames.opening)
        server.channel.isWritable = false
        server.channel.pipeline.fireChannelWritabilityChanged()
        var error: (any Error)?
        for _ in 0..<20 where error == nil {
            error = server.feed((0..<100).flatMap { _ in Frames.settings(3, 100) })
        }
        #expect(error is HTTP2Error)
    }

    @Test("A channel that takes no more is not written to, and goes on where it stopped")
    func backpressure() throws {
        let server = try EmbeddedServer()
        server.feed(Frames.opening + Frames.settings(4, 1 << 24) + Frames.windowUpdate(0, 1 << 24))
        server.feed(Frames.request(1, method: "GET", end: true))
        _ = server.frames()
        server.channel.isWritable = false
        let body = pattern(600_000)
        server.requests[0].1.respond(status: 200, body: body)
        #expect(server.frames().isEmpty)
        server.channel.isWritable = true
        server.channel.pipeline.fireChannelWritabilityChanged()
        #expect(server.frames().data(on: 1) == Array(body.readableBytesView))
    }

    @Test("A response waits for the client's window and goes on with it")
    func clientWindow() throws {
        let server = try EmbeddedServer()
        server.feed(Frames.opening + Frames.settings(4, 10) + Frames.request(1, method: "GET", end: true))
        _ = server.frames()
        let body = pattern(25)
        server.requests[0].1.respond(status: 200, body: body)
        var sent = server.frames().data(on: 1)
        #expect(sent.count == 10)
        server.feed(Frames.windowUpdate(1, 5))
        sent += server.frames().data(on: 1)
        #expect(sent.count == 15)
        server.feed(Frames.windowUpdate(1, 1000))
        sent += server.frames().data(on: 1)
        #expect(sent == Array(body.readableBytesView))
    }

    @Test("HEAD is answered with the length and without the body")
    func head() throws {
        let server = try EmbeddedServer()
        server.feed(Frames.opening + Frames.request(1, method: "HEAD", end: true))
        server.requests[0].1.respond(status: 200, body: ByteBuffer(string: "12345"))
        let frames = server.frames()
        #expect(frames.of(0).isEmpty)
        #expect(frames.of(1, on: 1).first?.flags == Frames.endStream | Frames.endHeaders)
    }

    @Test("More streams than allowed are refused as not acted on, or end a connection that knew the bound")
    func tooManyStreams() throws {
        var configuration = HTTP2ServerConfiguration()
        configuration.maximumConcurrentStreams = 2
        for knowsTheBound in [false, true] {
            let server = try EmbeddedServer(configuration)
            server.feed(Frames.opening + (knowsTheBound ? Frames.settings(ack: true) : []))
            for stream: UInt32 in [1, 3, 5] { server.feed(Frames.request(stream, method: "GET", end: true)) }
            #expect(server.requests.count == 2)
            let frames = server.frames()
            if knowsTheBound {
                #expect(frames.of(7).first?.number(at: 4) == 1, "PROTOCOL_ERROR")
            } else {
                #expect(frames.of(3, on: 5).first?.number(at: 0) == 7, "REFUSED_STREAM")
            }
        }
    }
}
