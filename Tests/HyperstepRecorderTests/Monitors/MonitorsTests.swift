import HyperstepHistogram
import Synchronization
import Testing

@testable import HyperstepRecorder

@Suite("Monitored series and their windows")
struct MonitorsTests {
    @Test("A window has what was counted since the one before, and when")
    func windows() throws {
        try withDirectory { directory in
            let recorder = try directory.create(.everything)
            let series = try #require(recorder.monitors.series([7, 8], at: 100))
            series.recordRequest(nanoseconds: 1_500_000, isError: false)
            series.recordRequest(nanoseconds: 1_500_000, isError: true)
            series.record(.firstToken, nanoseconds: 0)
            series.record(.queue, nanoseconds: .max)
            series.recordTokens(input: 12, output: 34)
            var seen: [MonitorWindow] = []
            func take(_ time: Int64) -> WindowTaking {
                recorder.monitors.takeWindows(at: time) { window in
                    seen.append(window)
                    return WindowCode.encode(window)
                }
            }
            #expect(take(200) == WindowTaking(published: 1))
            #expect(take(300).published == 0)
            series.record(.perOutputToken, nanoseconds: 20_000_000)
            #expect(take(400).published == 1)
            try #require(seen.count == 2)
            #expect(seen[0].identity == [7, 8] && seen[0].start == 100 && seen[0].end == 200)
            #expect(seen[0].count(.request) == 2 && seen[0].errors == 1)
            let bucket = LatencyBuckets.index(nanoseconds: 1_500_000)
            #expect(seen[0].buckets(.request) == [.init(index: bucket, count: 2)])
            #expect(seen[0].buckets(.firstToken) == [.init(index: 0, count: 1)])
            #expect(seen[0].buckets(.queue) == [.init(index: LatencyBuckets.count - 1, count: 1)])
            #expect(seen[0].inputTokens == 12 && seen[0].outputTokens == 34)
            #expect(seen[1].start == 200 && seen[1].end == 400 && seen[1].count(.request) == 0)
            #expect(recorder.windows.all().map(\.end) == [200, 400])
        }
    }

    @Test("One identity has one series; beyond the capacity there is none")
    func registration() throws {
        try withDirectory { directory in
            let monitors = try directory.create(.everything).monitors
            let first = try #require(monitors.series([1], at: 0))
            #expect(monitors.series([1], at: 5) === first)
            #expect(monitors.series([UInt8](repeating: 2, count: 1_024), at: 0) != nil)
            #expect(monitors.series([3], at: 0) == nil && monitors.all.count == 2)
            #expect(monitors.series([], at: 0) == nil)
            #expect(monitors.series([UInt8](repeating: 2, count: 1_025), at: 0) == nil)
        }
    }

    @Test("While the ring is full counts stay, and the next taking that finds room has them all")
    func full() throws {
        try withDirectory { directory in
            let recorder = try directory.create(.everything)
            let series = try #require(recorder.monitors.series([1], at: 0))
            for number in 1...12 {
                series.record(.request, nanoseconds: 1_000)
                let taking = recorder.monitors.takeWindows(at: Int64(number), WindowCode.encode)
                #expect(taking == (number <= 8 ? WindowTaking(published: 1) : WindowTaking(waiting: 1)))
                #expect(taking.isComplete == (number <= 8))
            }
            #expect(recorder.windows.level.dropped == 0)
            recorder.windows.release(upTo: 1)
            #expect(recorder.monitors.takeWindows(at: 20, WindowCode.encode).published == 1)
            let last = try #require(recorder.windows.all().last)
            #expect(last.counts.values.reduce(0, +) == 4 && last.start == 8 && last.end == 20)
        }
    }

    @Test("A window that no slot can hold is taken in one for each histogram")
    func tooLarge() throws {
        try withDirectory { directory in
            let recorder = try directory.create(.everything)
            let series = try #require(recorder.monitors.series([1], at: 0))
            for kind in LatencyKind.allCases {
                for bucket in 0..<LatencyBuckets.count {
                    series.record(kind, nanoseconds: LatencyBuckets.lowerBound(bucket))
                }
            }
            series.recordTokens(input: 5, output: 6)
            #expect(
                recorder.monitors.takeWindows(at: 9) { _ in .init(repeating: 0, count: 40_000) }.tooLarge == 1
            )
            #expect(recorder.windows.level.end == 0)
            // Sixteen bytes a bucket: one histogram takes 33,792, and most of one fits.
            func encode(_ window: MonitorWindow) -> [UInt8] {
                let code = WindowCode.encode(window)
                let kinds = LatencyKind.allCases.filter { !window.buckets($0).isEmpty }
                return kinds.count > 1
                    ? .init(repeating: 0, count: 40_000) : Array(code.prefix(56 + 16 * 1_800))
            }
            #expect(recorder.monitors.takeWindows(at: 9, encode) == WindowTaking(published: 1))
            #expect(recorder.windows.level.end == 4)
            let windows = recorder.windows.all()
            #expect(windows.allSatisfy { $0.start == 0 && $0.end == 9 })
            #expect(windows[0].counts[MonitorCounter.inputTokens] == 5)
            #expect(windows[1].counts[MonitorCounter.inputTokens] == nil)
            #expect(recorder.monitors.takeWindows(at: 10, encode) == WindowTaking())
        }
    }

    @Test(
        "The end: calls after it are refused and counted; the last window has all before it; then it is sealed"
    )
    func sealing() throws {
        try withDirectory { directory in
            let recorder = try directory.create(.everything)
            let series = try #require(recorder.monitors.series([1], at: 0))
            #expect(series.record(.request, nanoseconds: 1))
            recorder.seal()
            #expect(!recorder.isSealed)
            #expect(!series.record(.request, nanoseconds: 1))
            #expect(!series.recordRequest(nanoseconds: 1, isError: true))
            #expect(!series.recordTokens(input: 1, output: 1))
            #expect(recorder.monitors.dropped == 5)
            #expect(throws: RecorderError.self) { try recorder.remove() }
            #expect(recorder.monitors.takeWindows(at: 1, WindowCode.encode).published == 1)
            #expect(recorder.isSealed && !recorder.isDrained)
            recorder.windows.release(upTo: 1)
            #expect(recorder.isDrained)
            try recorder.remove()
        }
    }

    @Test("What a call counts in spite of the end, because it was under way, holds nothing up")
    func late() throws {
        try withDirectory { directory in
            let recorder = try directory.create(.everything)
            let series = try #require(recorder.monitors.series([1], at: 0))
            recorder.seal()
            #expect(recorder.isSealed)
            series.place.counter(MonitorCounter.errors, stripe: 0).pointee.wrappingAdd(1, ordering: .relaxed)
            #expect(recorder.monitors.takeWindows(at: 1, WindowCode.encode) == WindowTaking())
            #expect(recorder.isDrained)
            try recorder.remove()
        }
    }

    @Test("Nothing is taken of a recorder that was closed: that is its adopter's")
    func closed() throws {
        try withDirectory { directory in
            let recorder = try directory.create(.everything)
            try #require(recorder.monitors.series([1], at: 0)).record(.request, nanoseconds: 1)
            #expect(recorder.close())
            recorder.monitors.takeWindows(at: 1, WindowCode.encode)
            #expect(recorder.windows.level.end == 0)
            let orphan = try #require(try directory.adopt(recorder.id).recorder)
            #expect(orphan.monitors.takeWindows(at: 99, WindowCode.encode).published == 1)
            #expect(orphan.windows.all().map(\.end) == [1_000_000_000] && orphan.isSealed)
        }
    }

    @Test("A clock that is set back costs the length of one window, and the next ones have theirs")
    func clockSetBack() throws {
        try withDirectory { directory in
            let recorder = try directory.create(.everything)
            let second: Int64 = 1_000_000_000
            let series = try #require(recorder.monitors.series([1], at: 7_200 * second))
            for time in [7_210, 3_610, 3_620] as [Int64] {
                series.record(.request, nanoseconds: 1)
                recorder.monitors.takeWindows(at: time * second, WindowCode.encode)
            }
            #expect(recorder.windows.all().map { $0.start / second } == [7_200, 3_609, 3_610])
            #expect(recorder.windows.all().map { $0.end / second } == [7_210, 3_610, 3_620])
        }
    }

    @Test(
        "An orphan's last windows end when its program was last known to live, and wait for room like others",
        arguments: [(7_000_000_000, 7_000_000_000), (77, 1_000_000_008)] as [(Int64, Int64)])
    func orphan(seen: Int64, end: Int64) throws {
        try withDirectory { directory in
            let recorder = try directory.create(.everything)
            let series = try #require(recorder.monitors.series([1], at: 0))
            for number in 1...8 {
                series.record(.request, nanoseconds: 1)
                recorder.monitors.takeWindows(at: Int64(number), WindowCode.encode)
            }
            series.record(.queue, nanoseconds: 1)
            recorder.monitors.touch(at: seen)
            recorder.close()
            let orphan = try #require(try directory.adopt(recorder.id).recorder)
            #expect(orphan.monitors.takeWindows(at: 0, WindowCode.encode).waiting == 1)
            #expect(!orphan.isSealed)
            orphan.windows.release(upTo: 8)
            #expect(throws: RecorderError.self) { try orphan.remove() }
            #expect(orphan.monitors.takeWindows(at: 0, WindowCode.encode).isComplete && orphan.isSealed)
            let last = try #require(orphan.windows.all().last)
            // As exactly as it is known: to a second.
            #expect(last.start == 8 && last.end == end)
            // The next adopter finds it in the file.
            orphan.close()
            let next = try #require(try directory.adopt(recorder.id).recorder)
            #expect(next.reports.isEmpty && next.windows.all() == [last] && next.isSealed)
            #expect(next.monitors.takeWindows(at: 0, WindowCode.encode) == WindowTaking())
            next.windows.release(upTo: 9)
            try next.remove()
        }
    }
}
