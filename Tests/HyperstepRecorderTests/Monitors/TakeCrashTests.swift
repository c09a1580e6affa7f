import TestRandom
import Testing

@testable import HyperstepRecorder

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A kill between every two stores of a taking: the file's bytes at that moment are what an adopter finds.
@Suite("Killed while windows are taken")
struct TakeCrashTests {
    /// A recorder with two series, and what is known of it.
    private final class Scene {
        let recorder: Recorder
        var series: [CountedSeries]
        /// The windows that were released.
        var shipped: [WindowCode] = []
        var generator: Seeded

        init(_ directory: RecorderDirectory, seed: UInt64) throws {
            let recorder = try directory.create(.everything)
            self.recorder = recorder
            series = try [[1], [2, 2]].map {
                CountedSeries(try #require(recorder.monitors.series($0, at: 0)))
            }
            generator = Seeded(seed)
        }

        func record() {
            for index in series.indices where Int.random(in: 0..<3, using: &generator) > 0 {
                series[index].record(Int.random(in: 1...20, using: &generator), using: &generator)
            }
        }

        func release() {
            let level = recorder.windows.level
            let position = UInt64.random(in: level.released...level.end, using: &generator)
            shipped += recorder.windows.all().prefix(Int(position - level.released))
            recorder.windows.release(upTo: position)
        }

        /// Whether windows and what was shipped before have every count once.
        func expectExact(_ windows: [WindowCode], _ place: String) {
            for one in series {
                #expect((shipped + windows).sum(one.series.identity) == one.counts, "\(place)")
            }
        }
    }

    @Test("Wherever the process is killed, its adopter's windows make the sums exact", arguments: 0..<4)
    func killed(seed: UInt64) throws {
        try withDirectory { directory in
            let scene = try Scene(directory, seed: seed)
            let image = try Image(of: scene.recorder, beside: directory)
            // Every other time a window is too large, and taken in parts.
            let encode = seed & 1 == 0 ? WindowCode.encode : WindowCode.encodeParts
            for round in 0..<6 {
                scene.record()
                var store = 0
                let end = scene.recorder.windows.level.end
                let taking = scene.recorder.monitors.takeWindows(
                    at: Int64(round),
                    afterStore: {
                        store += 1
                        // A series that was passed over, or taken, counts on.
                        scene.series[0].record(1, using: &scene.generator)
                        guard let orphan = image.adopted() else { return }
                        scene.expectExact(Self.all(of: orphan, encode), "round \(round), store \(store)")
                    }, encode)
                #expect(taking.tooLarge == 0)
                #expect(UInt64(store) == (scene.recorder.windows.level.end - end) * 6)
                if Int.random(in: 0..<3, using: &scene.generator) == 0 { scene.release() }
            }
            #expect(scene.recorder.windows.level.end > 4)
        }
    }

    @Test("Wherever its adopter is killed in turn, the next one comes to the same bytes", arguments: 0..<2)
    func adopterKilled(seed: UInt64) throws {
        try withDirectory { directory in
            let scene = try Scene(directory, seed: seed)
            let image = try Image(of: scene.recorder, beside: directory)
            var adopters = 0
            for round in 0..<2 {
                scene.record()
                let taking = scene.recorder.monitors.takeWindows(
                    at: Int64(round),
                    afterStore: {
                        scene.series[0].record(1, using: &scene.generator)
                        adopters += Self.killAdopters(of: image, scene)
                    }, WindowCode.encode)
                #expect(taking.isComplete)
                if round == 0 { scene.release() }
            }
            #expect(adopters > 100)
        }
    }

    /// Kills an adopter after each of its stores and has another adopt what is there then.
    private static func killAdopters(of image: Image, _ scene: Scene) -> Int {
        guard let adopter = image.adopted(),
            let next = try? Image(of: adopter, beside: .init(path: image.directory.path))
        else { return 0 }
        var left: [(published: [UInt64: [UInt8]], all: [UInt64: [UInt8]])] = []
        let taking = adopter.monitors.takeWindows(
            at: 0,
            afterStore: {
                guard let second = next.adopted() else { return }
                let published = second.windows.payloads()
                #expect(second.monitors.takeWindows(at: 5, WindowCode.encode).isComplete)
                left.append((published, second.windows.payloads()))
                scene.expectExact(second.windows.all(), "adopter's store \(left.count)")
            }, WindowCode.encode)
        #expect(taking.isComplete)
        let whole = adopter.windows.payloads()
        for (published, all) in left {
            #expect(all == whole)
            #expect(published.allSatisfy { whole[$0.key] == $0.value })
        }
        return left.count
    }

    @Test("Of a file that is not written to, two adopters take the same windows", arguments: [true, false])
    func unwritten(isDamaged: Bool) throws {
        try withDirectory { directory in
            let scene = try Scene(directory, seed: 9)
            scene.record()
            scene.recorder.monitors.takeWindows(at: 1, WindowCode.encode)
            scene.record()
            scene.recorder.close()
            let path = scene.recorder.path
            var image = try bytes(of: path)
            if isDamaged { image[20] ^= 1 }
            try write(image, to: path)
            let adopters = try (0..<2).map { _ in
                let file = try OrphanFile(
                    descriptor: Libc.open(path, isDamaged ? O_RDWR : O_RDONLY), path: path,
                    id: scene.recorder.id)
                let orphan = try file.recorder(file.head.get())
                #expect(orphan.reports.isEmpty == !isDamaged)
                scene.expectExact(Self.all(of: orphan, WindowCode.encode), "not written to")
                return orphan.windows.payloads()
            }
            #expect(adopters[0] == adopters[1] && adopters[0].count > 2)
            #expect(try bytes(of: path) == image)
        }
    }

    /// All windows of an orphan: those in its ring, and those that are taken of what was left.
    private static func all(of orphan: Recorder, _ encode: (MonitorWindow) -> [UInt8]) -> [WindowCode] {
        #expect(orphan.monitors.takeWindows(at: 0, encode).tooLarge == 0)
        var windows = orphan.windows.all()
        while !orphan.isSealed {
            orphan.windows.release(upTo: orphan.windows.level.end)
            orphan.monitors.takeWindows(at: 0, encode)
            windows += orphan.windows.all()
        }
        return windows
    }
}
