import TestRandom
import Testing

@testable import HyperstepRecorder

/// A kill between every two stores of a taking: the file's bytes at that moment are what an adopter finds.
@Suite("Killed while windows of instruments are taken")
struct InstrumentCrashTests {
    /// A recorder with two series, and what is known of it.
    private final class Scene {
        let recorder: Recorder
        var series: [CountedInstrument]
        /// The windows that were released.
        var shipped: [InstrumentCode] = []
        var generator: Seeded

        init(_ directory: RecorderDirectory, seed: UInt64) throws {
            var configuration = RecorderConfiguration.instruments
            configuration.instrumentCapacity = 26
            let recorder = try directory.create(configuration)
            self.recorder = recorder
            series = try [[1], [2, 2]].map {
                CountedInstrument(try #require(recorder.instruments.series($0, at: 0)))
            }
            generator = Seeded(seed)
        }

        func record(_ most: Int = 60) {
            for index in series.indices where Int.random(in: 0..<3, using: &generator) > 0 {
                series[index].record(Int.random(in: 1...most, using: &generator), using: &generator)
            }
        }

        func release() {
            let level = recorder.seriesWindows.level
            let position = UInt64.random(in: level.released...level.end, using: &generator)
            shipped += recorder.instrumentCodes.prefix(Int(position - level.released))
            recorder.seriesWindows.release(upTo: position)
        }

        /// Whether windows and what was shipped before have every call once.
        func expectExact(_ windows: [InstrumentCode], _ place: String) {
            for one in series {
                #expect(InstrumentSum(of: one.series.number, in: shipped + windows) == one.sum, "\(place)")
            }
        }
    }

    @Test("Wherever the process is killed, its adopter's windows make the sums exact", arguments: 0..<4)
    func killed(seed: UInt64) throws {
        try withDirectory { directory in
            let scene = try Scene(directory, seed: seed)
            let image = try Image(of: scene.recorder, beside: directory)
            var stores = 0
            for round in 0..<6 {
                // Every other time so much that windows are taken in parts.
                scene.record(round & 1 == 0 ? 20 : 400)
                var store = 0
                let taking = scene.recorder.instruments.takeWindows(
                    at: Int64(round),
                    afterStore: {
                        store += 1
                        // A series that was passed over, or taken, counts on.
                        scene.series[0].record(1, using: &scene.generator)
                        guard store % 11 == Int(seed), let orphan = image.adopted() else { return }
                        scene.expectExact(Self.all(of: orphan), "round \(round), store \(store)")
                    }, InstrumentCode.encode)
                #expect(taking.isComplete)
                stores += store
                if Int.random(in: 0..<3, using: &scene.generator) == 0 { scene.release() }
            }
            #expect(stores > 100 && scene.recorder.seriesWindows.level.end > 6)
        }
    }

    @Test("Wherever its adopter is killed in turn, the next one comes to the same bytes", arguments: 0..<2)
    func adopterKilled(seed: UInt64) throws {
        try withDirectory { directory in
            let scene = try Scene(directory, seed: seed)
            let image = try Image(of: scene.recorder, beside: directory)
            var adopters = 0
            for round in 0..<2 {
                // So few that windows are not taken in parts: those would be others after a kill between them.
                scene.record(20)
                var store = 0
                let taking = scene.recorder.instruments.takeWindows(
                    at: Int64(round),
                    afterStore: {
                        store += 1
                        scene.series[0].record(1, using: &scene.generator)
                        guard store % 13 == 3 else { return }
                        adopters += Self.killAdopters(of: image, scene)
                    }, InstrumentCode.encode)
                #expect(taking.isComplete)
                if round == 0 { scene.release() }
            }
            #expect(adopters > 10)
        }
    }

    /// Kills an adopter after some of its stores and has another adopt what is there then.
    private static func killAdopters(of image: Image, _ scene: Scene) -> Int {
        guard let adopter = image.adopted(),
            let next = try? Image(of: adopter, beside: .init(path: image.directory.path))
        else { return 0 }
        var left: [(published: [UInt64: [UInt8]], all: [UInt64: [UInt8]])] = []
        var store = 0
        let taking = adopter.instruments.takeWindows(
            at: 0,
            afterStore: {
                store += 1
                guard store % 5 == 1, let second = next.adopted() else { return }
                let published = second.seriesWindows.payloads()
                #expect(second.instruments.takeWindows(at: 5, InstrumentCode.encode).isComplete)
                left.append((published, second.seriesWindows.payloads()))
                scene.expectExact(second.instrumentCodes, "adopter's store \(store)")
            }, InstrumentCode.encode)
        #expect(taking.isComplete)
        let whole = adopter.seriesWindows.payloads()
        for (published, all) in left {
            #expect(all == whole)
            #expect(published.allSatisfy { whole[$0.key] == $0.value })
        }
        return left.count
    }

    /// All windows of an orphan: those in its ring, and those that are taken of what was left.
    private static func all(of orphan: Recorder) -> [InstrumentCode] {
        var windows: [InstrumentCode] = []
        for _ in 0..<100 {
            #expect(orphan.instruments.takeWindows(at: 0, InstrumentCode.encode).tooLarge == 0)
            windows += orphan.instrumentCodes
            if orphan.isSealed { break }
            orphan.seriesWindows.release(upTo: orphan.seriesWindows.level.end)
        }
        return windows
    }
}
