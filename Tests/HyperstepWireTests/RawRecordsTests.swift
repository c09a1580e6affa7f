import HyperstepHistogram
import HyperstepWire
import Testing

@Suite("Records that another program wrote are read, or refused by name")
struct RawRecordsTests {
    typealias Raw = RawMessage

    /// The field that the decoder names; `nil` when it takes the batch.
    static func field(_ bytes: [UInt8]) -> String? {
        do {
            _ = try Batch(bytes: bytes)
            return nil
        } catch { return error.field }
    }

    // MARK: Histograms

    static func window(_ histograms: [Raw], model: Bool = true, duration: Double = 1) -> [UInt8] {
        var window = Raw().fixed(1, 5).fixed(2, duration.bitPattern).text(4, "/predict")
        if model { window = window.message(3, Raw().bytes(1, Raw.id).text(2, "mlp")) }
        for histogram in histograms { window = window.message(12, histogram) }
        return Raw.batch(19, Raw().bytes(1, Raw.id).message(2, window))
    }

    static func histogram(_ kind: UInt64, _ deltas: [UInt64], _ counts: [UInt64]) -> Raw {
        Raw().number(1, kind).packed(2, deltas).packed(3, counts)
    }

    @Test("A histogram's buckets are the sums of its differences")
    func buckets() throws {
        // Fields of the future, a number and a text, inside the innermost message.
        let newer = Self.histogram(1, [3, 1, 2_107], [1, 2, 3]).number(900, 4).text(901, "later")
        guard case .inferenceWindows(let windows) = try Batch(bytes: Self.window([newer])).records else {
            Issue.record("another kind of records came back")
            return
        }
        let read = try #require(windows.windows.first?.histograms.first)
        #expect(read.kind == .request)
        #expect(read.distribution == Histogram(buckets: [3, 4, 2_111], counts: [1, 2, 3]))
    }

    @Test(
        "Bad histograms",
        arguments: [
            ("bucket_delta", [1], [2_112], [1]),
            ("bucket_delta", [1], [2_111, 1], [1, 1]),
            ("bucket_delta", [1], [0xFFFF_FFFF, 0xFFFF_FFFF], [1, 1]),
            ("bucket_delta", [1], [5, 0], [1, 1]),
            ("bucket_delta", [1], Array(repeating: 0, count: 2_113), Array(repeating: 1, count: 2_113)),
            ("bucket_delta", [1], [], []),
            ("count", [1], [1], [0]),
            ("count", [1], [1, 2], [1]),
            ("count", [1], [1], [1, 1]),
            ("count", [1], [1, 1], [1 << 62, 1 << 62]),
            ("count", [1], [1, 1], [.max, .max]),
            ("kind", [0], [1], [1]),
            ("kind", [32_768], [1], [1]),
            ("kind", [.max], [1], [1]),
            ("kind", [2, 2], [1], [1]),
        ] as [(String, [UInt64], [UInt64], [UInt64])])
    func badHistograms(part: String, kinds: [UInt64], deltas: [UInt64], counts: [UInt64]) {
        let bytes = Self.window(kinds.map { Self.histogram($0, deltas, counts) })
        #expect(
            Self.field(bytes) == "inference_windows.windows[0].histograms[\(kinds.count - 1)].\(part)")
    }

    @Test("Bad windows")
    func badWindows() {
        let field = "inference_windows.windows[0]"
        #expect(Self.field(Self.window([])) == nil)
        #expect(Self.field(Self.window([], model: false)) == "\(field).model")
        #expect(Self.field(Self.window([], duration: -1)) == "\(field).duration_ms")
        let many = (1...17).map { Self.histogram($0, [1], [1]) }
        #expect(Self.field(Self.window(many)) == "\(field).histograms")
        #expect(Self.field(Raw.batch(19, Raw())) == "inference_windows.instance_id")
        #expect(Self.field(Raw.batch(19, Raw().bytes(1, Raw.id))) == "inference_windows.windows")
    }

    // MARK: Scalars and samples

    @Test("Bad scalars")
    func badScalars() {
        let sound = Raw().bytes(1, Raw.id).message(4, Raw().text(1, "a")).packedFixed(5, [1]).packed(6, [0])
        let whole = sound.packed(7, [2]).packedFixed(8, [0])
        #expect(Self.field(Raw.batch(18, whole)) == nil)
        #expect(Self.field(Raw.batch(18, whole.packedFixed(5, [1]))) == "scalars.metric_index")
        #expect(Self.field(Raw.batch(18, whole.packed(7, [1]))) == "scalars.step_delta")
        #expect(Self.field(Raw.batch(18, sound.packed(7, [2]))) == "scalars.value")
        #expect(Self.field(Raw.batch(18, whole.message(4, Raw()))) == "scalars.metrics[1].name")
        #expect(
            Self.field(Raw.batch(18, whole.message(4, Raw().text(1, "a")))) == "scalars.metrics[1].name")
        #expect(
            Self.field(Raw.batch(18, whole.message(4, Raw().bytes(1, [0xFF])))) == "scalars.metrics[1].name")
        #expect(Self.field(Raw.batch(18, whole.number(2, 32_768))) == "scalars.attempt")
        #expect(Self.field(Raw.batch(18, whole.number(3, 1 << 31))) == "scalars.rank")
        #expect(Self.field(Raw.batch(18, whole.bytes(1, [1]))) == "scalars.run_id")
        #expect(Self.field(Raw.batch(18, positions: 2, whole)) == "scalars.time")
        let wrong = Raw().bytes(1, Raw.id).packedFixed(5, [1]).packed(6, [0]).packed(7, [2])
        #expect(Self.field(Raw.batch(18, wrong.packedFixed(8, [0]))) == "scalars.metric_index")
    }

    @Test("A column that is absent is null in every row")
    func absentColumns() throws {
        let samples = Raw().bytes(1, Raw.id).text(3, "cpu").packedFixed(4, [1, 2]).packed(5, [0, 0])
        let memory = Raw().packed(1, [300]).bytes(2, [0b10])
        let bytes = Raw.batch(20, positions: 2, samples.message(7, memory).message(8, Raw()))
        guard case .systemSamples(let read) = try Batch(bytes: bytes).records else {
            Issue.record("another kind of records came back")
            return
        }
        #expect(read.runID == nil)
        #expect(read.utilization.isAbsent && read.powerWatts.isAbsent && read.temperatureC.isAbsent)
        #expect(read.powerWatts.rows(2) == [nil, nil])
        #expect(read.memoryUsedBytes.rows(2) == [nil, 300])
    }

    @Test("Bad samples")
    func badSamples() {
        let sound = Raw().bytes(1, Raw.id).text(3, "cpu").packedFixed(4, [1]).packed(5, [0])
        let field = "system_samples"
        #expect(Self.field(Raw.batch(20, sound)) == nil)
        #expect(Self.field(Raw.batch(20, sound.bytes(2, [1, 2]))) == "\(field).run_id")
        #expect(Self.field(Raw.batch(20, sound.text(3, "cpu"))) == "\(field).devices[1]")
        #expect(Self.field(Raw.batch(20, sound.text(3, ""))) == "\(field).devices[1]")
        #expect(Self.field(Raw.batch(20, sound.packed(5, [0]))) == "\(field).device_index")
        #expect(Self.field(Raw.batch(20, sound.packedFixed(4, [1 << 63]))) == "\(field).time")
        let memory = "\(field).memory_used_bytes"
        #expect(Self.field(Raw.batch(20, sound.message(7, Raw().packed(1, [.max])))) == "\(memory).values")
        #expect(Self.field(Raw.batch(20, sound.message(7, Raw().packed(1, [1, 2])))) == "\(memory).values")
        #expect(
            Self.field(Raw.batch(20, sound.message(7, Raw().packed(1, [1]).bytes(2, [2]))))
                == "\(memory).presence")
    }

    @Test("Bad experiment events")
    func badEvents() {
        let sound = Raw().bytes(2, Raw.id).bytes(3, Raw.id).text(6, "running")
        let field = "experiment_events.events[0]"
        func bad(_ event: Raw) -> String? { Self.field(Raw.batch(21, Raw().message(1, event))) }
        #expect(bad(sound) == nil)
        #expect(bad(Raw().bytes(3, Raw.id).text(6, "running")) == "\(field).experiment_id")
        #expect(bad(Raw().bytes(2, Raw.id).text(6, "running")) == "\(field).model_id")
        #expect(bad(Raw().bytes(2, Raw.id).bytes(3, Raw.id)) == "\(field).status")
        #expect(bad(sound.fixed(1, 1 << 63)) == "\(field).time")
        #expect(bad(sound.bytes(4, [0xC0])) == "\(field).parameters_json")
        #expect(bad(sound.text(8, BadRecordsTests.long)) == "\(field).gpu_id")
        let many = (0..<4_097).reduce(Raw()) { events, _ in events.message(1, sound) }
        #expect(Self.field(Raw.batch(21, positions: 4_097, many)) == "experiment_events.events")
    }

    @Test("A kind of records that this version does not know is refused as such")
    func unknownKind() {
        #expect(Self.field(Raw.batch(30, Raw().number(1, 1))) == "records")
    }
}
