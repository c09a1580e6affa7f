import HyperstepHTTP2
import HyperstepWire
import NIOCore
import Testing

@testable import HyperstepShipper

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

@Suite("What a response means to a stream")
struct AnswerTests {
    static func answer(_ status: Int, _ body: [UInt8] = [], _ headers: HTTP2Headers = []) -> Answer {
        Answer(HTTP2Response(status: status, headers: headers, body: ByteBuffer(bytes: body)))
    }

    static let error = IngestError(field: "stream_id", reason: "no", nextPosition: 7).encoded()

    @Test("An ack commits, a gap says where to go on")
    func commits() {
        let ack = IngestAck(stream: UUID(), nextPosition: 9, rejectedReason: "")
        #expect(Self.answer(200, ack.encoded()) == .acknowledged(upTo: 9, rejected: nil))
        #expect(Self.answer(409, Self.error) == .gap(next: 7))
    }

    @Test("Only a collector's own words give a batch up", arguments: [400, 413])
    func refusals(status: Int) {
        #expect(Self.answer(status, Self.error) == .refused(reason: "status \(status): stream_id: no"))
        #expect(Self.answer(status) == .unavailable(reason: "status \(status)", retryAfter: nil))
        #expect(
            Self.answer(status, Array("<html>".utf8))
                == .unavailable(reason: "status \(status)", retryAfter: nil))
    }

    @Test(
        "What a proxy, a wrong address or a wrong token could answer keeps the records",
        arguments: [200, 301, 401, 403, 404, 405, 409, 415, 500, 502, 504])
    func keeps(status: Int) {
        guard case .unavailable = Self.answer(status) else {
            Issue.record("status \(status) without a body was taken for a collector's")
            return
        }
    }

    @Test(
        "A time to wait is honoured within five minutes; what is no number of seconds is left to the backoff")
    func waits() {
        #expect(
            Self.answer(503, [], [("retry-after", "3")])
                == .unavailable(reason: "status 503", retryAfter: .seconds(3)))
        #expect(
            Self.answer(429, [], [("retry-after", "99999")])
                == .unavailable(reason: "status 429", retryAfter: .seconds(300)))
        #expect(
            Self.answer(503, [], [("retry-after", "soon")])
                == .unavailable(reason: "status 503", retryAfter: nil))
    }
}
