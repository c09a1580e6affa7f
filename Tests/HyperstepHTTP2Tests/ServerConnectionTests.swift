import NIOCore
import Testing

@testable import HyperstepHTTP2

/// The rules of a server connection, without a session or a channel.
@Suite("The server's rules")
struct ServerConnectionTests {
    private func connection(
        _ change: (inout HTTP2ServerConfiguration) -> Void = { _ in }
    ) -> ServerConnection {
        var configuration = HTTP2ServerConfiguration()
        configuration.progressTimeout = .seconds(4)
        configuration.settingsTimeout = .seconds(4)
        configuration.idleTimeout = .seconds(8)
        change(&configuration)
        return ServerConnection(configuration)
    }

    private func begin(
        _ connection: ServerConnection, _ stream: Int32, _ fields: HTTP2Headers = [], ends: Bool = false
    ) {
        connection.requestBegan(on: stream)
        for field in [("content-type", "x")] + fields {
            let isWanted = connection.wantsHeader(
                nameBytes: field.0.utf8.count, valueBytes: field.1.utf8.count, on: stream)
            if isWanted { connection.receivedHeader(name: field.0, value: field.1, on: stream) }
        }
        connection.headersEnded(on: stream, endsRequest: ends)
        if ends { connection.requestEnded(on: stream) }
    }

    private func send(_ connection: ServerConnection, _ stream: Int32, _ count: Int) {
        [UInt8](repeating: 7, count: count).withUnsafeBytes { connection.receivedData($0, on: stream) }
    }

    /// The actions so far, in words.
    private func actions(_ connection: ServerConnection) -> [String] {
        var words: [String] = []
        while let action = connection.nextAction() {
            switch action {
            case .deliver(let exchange): words.append("deliver \(exchange.stream)")
            case .answer(let stream, let response): words.append("answer \(stream) \(response.status)")
            case .askForBody(let stream): words.append("ask \(stream)")
            case .reopenStream(let stream, let bytes): words.append("stream \(stream) +\(bytes)")
            case .reopenConnection(let bytes): words.append("connection +\(bytes)")
            case .reset(let stream, let code): words.append("reset \(stream) \(code)")
            case .terminate(let code, _): words.append("terminate \(code)")
            case .stopAcceptingStreams: words.append("stop")
            }
        }
        return words
    }

    @Test("A body reopens its stream as it arrives, and the connection only with the answer")
    func windows() {
        let connection = connection()
        begin(connection, 1)
        send(connection, 1, 100)
        send(connection, 1, 50)
        connection.requestEnded(on: 1)
        #expect(actions(connection) == ["stream 1 +100", "stream 1 +50", "deliver 1"])
        connection.answer(1, with: HTTP2Response(status: 200))
        #expect(actions(connection) == ["connection +150", "answer 1 200"])
        connection.answerEnded(on: 1)
        connection.streamClosed(1)
        #expect(actions(connection).isEmpty && connection.exchanges.isEmpty)
    }

    @Test("A release before the answer reopens the connection, once")
    func release() {
        let connection = connection()
        begin(connection, 1)
        send(connection, 1, 100)
        connection.requestEnded(on: 1)
        _ = actions(connection)
        connection.release(1)
        connection.release(1)
        #expect(actions(connection) == ["connection +100"])
        connection.answer(1, with: HTTP2Response(status: 200))
        #expect(actions(connection) == ["answer 1 200"])
    }

    @Test("A request whose client reset it stays accounted for until its owner releases it")
    func resetWhilePending() {
        let connection = connection()
        begin(connection, 1)
        send(connection, 1, 100)
        connection.requestEnded(on: 1)
        connection.streamClosed(1)
        #expect(!actions(connection).contains { $0.hasPrefix("connection") })
        #expect(!connection.answer(1, with: HTTP2Response(status: 200)))
        #expect(actions(connection) == ["connection +100"])
        #expect(connection.exchanges.isEmpty)
    }

    @Test("A body that is reset half-way gives its bytes back at once")
    func resetHalfWay() {
        let budget = HTTP2ByteBudget(limit: 1000)
        let connection = connection { $0.budget = budget }
        begin(connection, 1)
        send(connection, 1, 100)
        #expect(budget.bytesInFlight == 100)
        connection.streamClosed(1)
        #expect(actions(connection) == ["stream 1 +100", "connection +100"])
        #expect(budget.bytesInFlight == 0 && connection.exchanges.isEmpty)
    }

    @Test("An announced length above the bound is answered 413 before a byte of it arrives")
    func announcedTooLarge() {
        let connection = connection { $0.maximumBodyBytes = 10 }
        begin(connection, 1, [("content-length", "11")])
        #expect(actions(connection) == ["answer 1 413"])
        connection.answerEnded(on: 1)
        for _ in 0..<2 { connection.tick() }
        #expect(actions(connection).isEmpty, "the client has a moment to read the answer")
        connection.tick()
        #expect(actions(connection) == ["reset 1 NO_ERROR"])
    }

    @Test("A body of unknown length is answered 413 where it passes the bound; exactly the bound passes")
    func tooLarge() {
        let connection = connection { $0.maximumBodyBytes = 10 }
        begin(connection, 1)
        send(connection, 1, 10)
        #expect(actions(connection) == ["stream 1 +10"])
        send(connection, 1, 1)
        #expect(actions(connection) == ["connection +11", "answer 1 413"])
        send(connection, 1, 5)
        #expect(actions(connection) == ["connection +5"])
    }

    @Test("A header list above the bound is answered 431, and one without end ends the connection")
    func headerLists() {
        let connection = connection { $0.maximumHeaderBytes = 200 }
        begin(connection, 1, [("a", String(repeating: "x", count: 200))], ends: true)
        #expect(actions(connection) == ["answer 1 431"])
        begin(connection, 3, (0..<100).map { _ in ("a", "b") })
        #expect(actions(connection) == ["terminate ENHANCE_YOUR_CALM", "answer 3 431"])
    }

    @Test("Beyond the budget a body is refused with its header fields; a request without one passes")
    func budget() {
        let budget = HTTP2ByteBudget(limit: 100)
        let connection = connection { $0.budget = budget }
        begin(connection, 1, [("content-length", "80")])
        #expect(budget.bytesInFlight == 80)
        begin(connection, 3, [("content-length", "21")])
        #expect(actions(connection) == ["answer 3 503"])
        begin(connection, 5, ends: true)
        #expect(actions(connection) == ["deliver 5"])
        send(connection, 1, 80)
        connection.requestEnded(on: 1)
        connection.answer(1, with: HTTP2Response(status: 200))
        #expect(budget.bytesInFlight == 0)
    }

    @Test("A body of unknown length that outgrows the budget is answered 503 and let go")
    func unknownLengthOverBudget() {
        let budget = HTTP2ByteBudget(limit: 100)
        let connection = connection { $0.budget = budget }
        begin(connection, 1)
        send(connection, 1, 60)
        send(connection, 1, 60)
        #expect(actions(connection) == ["stream 1 +60", "connection +120", "answer 1 503"])
        #expect(budget.bytesInFlight == 0)
    }

    @Test("Two answers: the first counts")
    func answersOnce() {
        let connection = connection()
        begin(connection, 1, ends: true)
        #expect(connection.answer(1, with: HTTP2Response(status: 200)))
        #expect(!connection.answer(1, with: HTTP2Response(status: 500)))
        #expect(actions(connection) == ["deliver 1", "answer 1 200"])
    }

    @Test("An answer that cannot be sent becomes 500")
    func unsendable() {
        let connection = connection()
        begin(connection, 1, ends: true)
        begin(connection, 3, ends: true)
        connection.answer(1, with: HTTP2Response(status: 200, headers: [("a", "b\nc")]))
        connection.answer(3, with: HTTP2Response(status: 99))
        #expect(actions(connection).suffix(2) == ["answer 1 500", "answer 3 500"])
    }

    @Test("A client that waits with its body is asked for it, unless it is refused")
    func expectContinue() {
        let connection = connection { $0.maximumBodyBytes = 10 }
        begin(connection, 1, [("expect", "100-continue"), ("content-length", "5")])
        begin(connection, 3, [("expect", "100-continue"), ("content-length", "50")])
        #expect(actions(connection) == ["ask 1", "answer 3 413"])
    }

    @Test("Bodies that used the window up among themselves reopen it; a delivered one is waited for")
    func stuck() {
        let connection = connection()
        begin(connection, 1)
        begin(connection, 3)
        send(connection, 1, 100)
        send(connection, 3, 50)
        _ = actions(connection)
        connection.reopenIfStuck(peerMaySend: 20_000)
        #expect(actions(connection).isEmpty)
        connection.requestEnded(on: 3)
        _ = actions(connection)
        connection.reopenIfStuck(peerMaySend: 0)
        #expect(actions(connection).isEmpty)
        connection.answer(3, with: HTTP2Response(status: 200))
        #expect(actions(connection) == ["connection +50", "answer 3 200"])
        connection.reopenIfStuck(peerMaySend: 0)
        #expect(actions(connection) == ["connection +100"])
        connection.requestEnded(on: 1)
        connection.answer(1, with: HTTP2Response(status: 200))
        #expect(actions(connection) == ["deliver 1", "answer 1 200"])
    }

    @Test("Streams opened and reset too fast end the connection")
    func rapidReset() {
        let connection = connection()
        for index in 0...Int32(ResetRateLimit.burst) {
            let stream = 2 * index + 1
            begin(connection, stream)
            connection.resetByPeer(stream)
            connection.streamClosed(stream)
        }
        #expect(actions(connection) == ["terminate ENHANCE_YOUR_CALM"])
        #expect(connection.exchanges.isEmpty)
    }

    @Test("Requests that their owner holds cannot be piled up by resetting them")
    func heldRequests() {
        let connection = connection { $0.maximumConcurrentStreams = 2 }
        for stream: Int32 in [1, 3, 5, 7] {
            begin(connection, stream, ends: true)
            connection.streamClosed(stream)
        }
        _ = actions(connection)
        begin(connection, 9, ends: true)
        #expect(actions(connection) == ["reset 9 REFUSED_STREAM"])
        connection.release(1)
        begin(connection, 11, ends: true)
        #expect(actions(connection) == ["deliver 11"])
    }

    @Test("A body that stops arriving is answered 408, an answer that nobody takes is reset")
    func progressTimeouts() {
        let connection = connection()
        connection.settingsAcknowledged()
        begin(connection, 1)
        for _ in 0..<4 { connection.tick() }
        send(connection, 1, 1)
        for _ in 0..<4 { connection.tick() }
        #expect(actions(connection) == ["stream 1 +1"])
        connection.tick()
        #expect(actions(connection) == ["connection +1", "answer 1 408"])
        for _ in 0..<4 { connection.tick() }
        connection.sentData(on: 1)
        connection.tick()
        #expect(actions(connection).isEmpty)
        for _ in 0..<4 { connection.tick() }
        #expect(actions(connection) == ["reset 1 CANCEL"])
    }

    @Test("A request that its owner takes long over is not timed out")
    func slowOwner() {
        let connection = connection()
        connection.settingsAcknowledged()
        begin(connection, 1, ends: true)
        for _ in 0..<1000 { connection.tick() }
        #expect(actions(connection) == ["deliver 1"])
    }

    @Test("An idle connection is told goodbye; settings never acknowledged end it")
    func idleAndSettings() {
        let idle = connection()
        idle.settingsAcknowledged()
        for _ in 0..<8 { idle.tick() }
        #expect(actions(idle).isEmpty)
        idle.tick()
        #expect(actions(idle) == ["terminate NO_ERROR"])

        let rude = connection()
        for _ in 0..<6 { rude.tick() }
        #expect(actions(rude) == ["terminate SETTINGS_TIMEOUT"])
    }

    @Test("A shutdown stops accepting after one round trip, or after a second without")
    func shutdown() {
        let prompt = connection()
        prompt.shutdownAnnounced()
        prompt.pingAcknowledged()
        prompt.pingAcknowledged()
        #expect(actions(prompt) == ["stop"])

        let silent = connection()
        silent.settingsAcknowledged()
        silent.shutdownAnnounced()
        for _ in 0..<3 { silent.tick() }
        #expect(actions(silent) == ["stop"])
    }

    @Test("A connection that closes gives back what nobody holds")
    func connectionClosed() {
        let budget = HTTP2ByteBudget(limit: 1000)
        let connection = connection { $0.budget = budget }
        begin(connection, 1)
        send(connection, 1, 100)
        begin(connection, 3)
        send(connection, 3, 10)
        connection.requestEnded(on: 3)
        connection.connectionClosed()
        #expect(budget.bytesInFlight == 10)
        connection.release(3)
        #expect(budget.bytesInFlight == 0 && connection.exchanges.isEmpty)
    }
}
