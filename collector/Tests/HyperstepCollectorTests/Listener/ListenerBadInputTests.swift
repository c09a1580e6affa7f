import HyperstepHTTP2
import HyperstepWire
import NIOCore
import Testing

@testable import HyperstepCollector

/// Whatever comes in is answered with its status and a reason that names the field, and the collector goes on.
@Suite("Bad input to the listener", .serialized)
struct ListenerBadInputTests {
    /// A valid batch goes through after whatever came before.
    private func expectServing(_ fixture: ListenerFixture) async throws {
        let batch = TestStream().batch(0..<3)
        #expect(try await fixture.ingest(batch.encoded()).status == 200)
        #expect(fixture.sink.batches.last == batch)
        #expect(fixture.listener.bytesInFlight == 0)
        try await fixture.stop()
    }

    /// The bytes with one occurrence of a part replaced.
    private func replace(_ part: [UInt8], by new: [UInt8], in bytes: [UInt8]) throws -> [UInt8] {
        let start = try #require(
            bytes.indices.dropFirst(18).first { bytes[$0...].starts(with: part) }, "the encoding has changed")
        return Array(bytes[..<start]) + new + Array(bytes[(start + part.count)...])
    }

    private func varint(_ value: UInt64) -> [UInt8] {
        var (rest, bytes) = (value, [UInt8]())
        while rest >= 128 {
            bytes.append(UInt8(rest & 127) | 128)
            rest >>= 7
        }
        return bytes + [UInt8(rest)]
    }

    @Test("A batch cut off at any length is malformed")
    func truncations() async throws {
        let fixture = try await ListenerFixture.start()
        let bytes = try TestStream().batch(0..<30).encoded()
        var exchanges: [HTTP2Exchange] = []
        for length in 0..<bytes.count {
            exchanges.append(fixture.client.send(fixture.ingestRequest(Array(bytes[..<length]))))
            guard exchanges.count == 64 || length == bytes.count - 1 else { continue }
            for exchange in exchanges {
                let response = try await exchange.response.get()
                #expect(response.status == 400)
                #expect(response.ingestError.map { !$0.reason.isEmpty } == true)
            }
            exchanges.removeAll()
        }
        #expect(fixture.sink.batches.isEmpty)
        try await expectServing(fixture)
    }

    @Test("Random bytes are malformed", arguments: 1...20 as ClosedRange<UInt64>)
    func randomBytes(seed: UInt64) async throws {
        let fixture = try await ListenerFixture.start()
        var random = SeededGenerator(seed: seed)
        let noise = (0..<Int.random(in: 1...5000, using: &random)).map { _ in
            UInt8.random(in: 0...255, using: &random)
        }
        let response = try await fixture.ingest(noise)
        #expect(response.status == 400)
        #expect(response.ingestError.map { !$0.reason.isEmpty } == true)
        try await expectServing(fixture)
    }

    @Test("Damage to single bytes is answered, as malformed or as another valid batch")
    func damage() async throws {
        let fixture = try await ListenerFixture.start()
        var random = SeededGenerator(seed: 5)
        let bytes = try TestStream().batch(0..<30).encoded()
        for index in stride(from: 0, to: bytes.count, by: 3) {
            var damaged = bytes
            damaged[index] ^= UInt8.random(in: 1...255, using: &random)
            let response = try await fixture.ingest(damaged)
            #expect([200, 400].contains(response.status), "byte \(index)")
        }
        try await expectServing(fixture)
    }

    @Test("A count that the columns do not have, or that nothing can have, names its field")
    func counts() async throws {
        let fixture = try await ListenerFixture.start()
        let bytes = try TestStream().batch(0..<20).encoded()
        // Field 3, position_count, as a varint; behind the stream's id, whose random bytes may be anything.
        let count: [UInt8] = [0x18, 20]
        for wrong in [0, 19, 21, 65_536, 65_537, 1 << 32, UInt64(Int64.max), .max] {
            let response = try await fixture.ingest(try replace(count, by: [0x18] + varint(wrong), in: bytes))
            #expect(response.status == 400, "position_count \(wrong)")
            #expect(response.ingestError?.field.isEmpty == false, "position_count \(wrong)")
        }
        try await expectServing(fixture)
    }

    @Test("Columns of the wrong length name their field")
    func columns() async throws {
        let fixture = try await ListenerFixture.start()
        let stream = TestStream()
        // Two batches in one body: protobuf merges the messages, so every column is twice as long.
        let doubled = try stream.batch(0..<20).encoded() + stream.batch(0..<20).encoded()
        let response = try await fixture.ingest(doubled)
        #expect(response.status == 400)
        #expect(response.ingestError?.field.isEmpty == false)
        try await expectServing(fixture)
    }

    @Test("A field that a newer program added is ignored")
    func unknownFields() async throws {
        let fixture = try await ListenerFixture.start()
        let batch = TestStream().batch(0..<20)
        let added = varint(1000 << 3) + varint(5) + varint(1001 << 3 | 2) + [3, 1, 2, 3]
        #expect(try await fixture.ingest(batch.encoded() + added).status == 200)
        #expect(fixture.sink.batches == [batch])
        try await expectServing(fixture)
    }

    @Test("Records of every kind are handed on to be committed")
    func everyKind() async throws {
        let fixture = try await ListenerFixture.start()
        let batch = TestStream().batch(0..<1)
        var scalars = Scalars(runID: batch.stream)
        scalars.metrics = [Metric(name: "val/top5")]
        (scalars.times, scalars.metricIndexes, scalars.steps, scalars.values) = ([1], [0], [2], [3])
        var samples = SystemSamples(instanceID: batch.stream)
        (samples.devices, samples.times, samples.deviceIndexes) = (["cpu"], [1], [0])
        let window = InferenceWindow(
            time: 1, durationMs: 2, model: Model(id: batch.stream, name: "m"), endpoint: "/predict")
        let event = ExperimentEvent(
            time: 1, experimentID: batch.stream, modelID: batch.stream, status: "running")
        for records in [
            .scalars(scalars), .systemSamples(samples), .experimentEvents([event]),
            .inferenceWindows(InferenceWindows(instanceID: batch.stream, windows: [window])),
        ] as [Batch.Records] {
            var other = batch
            other.records = records
            #expect(try await fixture.ingest(other.encoded()).status == 200)
            #expect(fixture.sink.batches.last == other)
        }
        try await expectServing(fixture)
    }

    @Test("A body of the largest size is read, one byte more is 413, announced or not")
    func size() async throws {
        let fixture = try await ListenerFixture.start()
        let largest = [UInt8](repeating: 0xFF, count: WireLimits.maxBodyBytes)
        #expect(try await fixture.ingest(largest).status == 400)
        let tooLarge = try await fixture.ingest(largest + [0])
        #expect(tooLarge.status == 413)
        #expect(tooLarge.ingestError?.reason.contains("\(WireLimits.maxBodyBytes)") == true)
        try await expectServing(fixture)
    }

    @Test(
        "A path that is none is 404, with what there is",
        arguments: [
            "/", "/v1", "/v1/ingest/", "/v2/ingest", "/V1/INGEST", "/healthz/", "/%761/ingest",
        ])
    func paths(path: String) async throws {
        let fixture = try await ListenerFixture.start()
        for method in ["GET", "POST"] {
            let response = try await fixture.send(method, path)
            #expect(response.status == 404 && response.text.contains("/v1/ingest"))
        }
        try await expectServing(fixture)
    }

    @Test(
        "A method that is not taken is 405, with those that are",
        arguments: [
            ("GET", "/v1/ingest", "POST"), ("PUT", "/v1/ingest", "POST"), ("HEAD", "/v1/ingest", "POST"),
            ("OPTIONS", "/v1/ingest", "POST"), ("POST", "/healthz", "GET, HEAD"),
            ("DELETE", "/readyz", "GET, HEAD"),
        ])
    func methods(method: String, path: String, allowed: String) async throws {
        let fixture = try await ListenerFixture.start()
        let response = try await fixture.send(method, path)
        #expect(response.status == 405 && response.header("allow") == allowed)
        try await expectServing(fixture)
    }

    @Test(
        "A content type other than protobuf is 415 and names the header",
        arguments: [
            nil, "", "application/json", "text/plain", "application/x-protobufs",
            "application/x-protobuf2; a=b",
        ])
    func contentTypes(type: String?) async throws {
        let fixture = try await ListenerFixture.start()
        let bytes = try TestStream().batch(0..<3).encoded()
        let response = try await fixture.ingest(bytes, headers: type.map { [("content-type", $0)] } ?? [])
        #expect(response.status == 415)
        #expect(response.ingestError?.field == "content-type")
        #expect(fixture.sink.batches.isEmpty)
        try await expectServing(fixture)
    }

    @Test("Parameters and case of the content type do not matter; an encoding does")
    func contentTypeVariants() async throws {
        let fixture = try await ListenerFixture.start()
        let bytes = try TestStream().batch(0..<3).encoded()
        for type in ["application/x-protobuf; v=1", "Application/X-Protobuf"] {
            #expect(try await fixture.ingest(bytes, headers: [("content-type", type)]).status == 200)
        }
        let type = ("content-type", "application/x-protobuf")
        let encoded = try await fixture.ingest(bytes, headers: [type, ("content-encoding", "gzip")])
        #expect(encoded.status == 415 && encoded.ingestError?.field == "content-encoding")
        try await expectServing(fixture)
    }
}
