import NIOCore
import Testing

@testable import HyperstepHTTP2

@Suite("What may be sent as header fields")
struct HeaderValidationTests {
    @Test(
        "A name must be a lower-case token",
        arguments: [
            ("content-type", true), ("x_1.2~", true), ("", false), ("Content-Type", false),
            ("a b", false), (":path", false), ("ä", false), ("a\n", false),
        ])
    func names(name: String, isValid: Bool) {
        #expect(HeaderValidation.isName(name) == isValid)
    }

    @Test(
        "A value must not break the line or hide blanks at its ends",
        arguments: [
            ("", true), ("a b", true), ("a\tb", true), ("grün", true), (" a", false), ("a ", false),
            ("a\r\nb", false), ("a\0", false), ("\u{7F}", false),
        ])
    func values(value: String, isValid: Bool) {
        #expect(HeaderValidation.isValue(value) == isValid)
    }

    @Test("Fields of an HTTP/1 connection are refused by name")
    func connectionSpecific() throws {
        let complaint = try #require(HeaderValidation.complaint(about: [("transfer-encoding", "chunked")]))
        #expect(complaint.contains("transfer-encoding"))
        #expect(HeaderValidation.complaint(about: [("te", "trailers")]) == nil)
    }

    @Test("A complaint about a name quotes it without its control characters")
    func quoting() throws {
        let complaint = try #require(HeaderValidation.complaint(about: [("a\r\nb", "")]))
        #expect(!complaint.contains("\n"))
    }

    @Test("A request says what is wrong with it")
    func requests() {
        func complaint(_ method: String, _ authority: String, _ path: String) -> String? {
            HTTP2Request(method: method, authority: authority, path: path).complaint
        }
        #expect(complaint("POST", "127.0.0.1:1", "/v1/ingest?a=b") == nil)
        #expect(complaint("PO ST", "127.0.0.1:1", "/")?.contains("method") == true)
        #expect(complaint("POST", "", "/")?.contains("authority") == true)
        #expect(complaint("POST", "127.0.0.1:1", "v1")?.contains("path") == true)
        #expect(complaint("POST", "127.0.0.1:1", "/a b")?.contains("path") == true)
    }

    @Test("The length of a body is announced once")
    func contentLength() {
        var request = HTTP2Request(method: "POST", authority: "a", path: "/", body: ByteBuffer(string: "abc"))
        #expect(request.allFields.filter { $0.name == "content-length" }.map(\.value) == ["3"])
        request.headers = [("content-length", "3")]
        #expect(request.allFields.filter { $0.name == "content-length" }.count == 1)
        #expect(HTTP2Response(status: 204).allFields.count == 1)
        #expect(HTTP2Response(status: 200).allFields.last?.value == "0")
    }

    @Test("A field is found whatever the case it is asked for in")
    func lookup() {
        let response = HTTP2Response(status: 503, headers: [("retry-after", "1"), ("retry-after", "2")])
        #expect(response.header("Retry-After") == "1")
        #expect(response.header("etag") == nil)
    }
}
