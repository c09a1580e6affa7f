import HyperstepRecorder
import NIOCore

#if canImport(FoundationEssentials)
    import struct FoundationEssentials.Date
#else
    import struct Foundation.Date
#endif

/// When the windows of a recorder's monitors and instruments are taken.
///
/// Of a living recorder at each interval, and once it is to end at each look, until nothing is left. Of an
/// adopted one first of all, and again at each look, until nothing is left: only so much fits the ring at once.
struct WindowClock {
    private let recorder: Recorder
    private let interval: TimeAmount
    private let complete: WindowCompletion?
    private var nextWindow: NIODeadline
    private var nextTouch: NIODeadline
    private var isOver: Bool
    /// Whether all that was counted by the last look is in windows.
    private(set) var isTaken = true

    /// How often it is noted that the program lives: how far the end of a killed program's last window may be
    /// from the truth.
    private static let touchInterval = TimeAmount.seconds(1)

    init(recorder: Recorder, interval: Duration, complete: WindowCompletion?) {
        self.recorder = recorder
        self.complete = complete
        self.interval = .milliseconds(interval.milliseconds)
        nextWindow = .now() + self.interval
        nextTouch = .now()
        isOver = !recorder.windows.isPresent && !recorder.seriesWindows.isPresent
    }

    /// How long may pass from one look to the next; nil where it does not matter.
    var longestWait: TimeAmount? { isOver ? nil : min(interval, Self.touchInterval) }

    mutating func tick(isFinishing: Bool) {
        guard !isOver else { return }
        let now = NIODeadline.now()
        if recorder.isOrphan {
            isTaken = recorder.takeWindows(at: 0).isComplete
            isOver = isTaken
        } else if isFinishing || now >= nextWindow {
            isTaken = recorder.takeWindows(at: Self.time, complete: complete).isComplete
            nextWindow = now + interval
        } else if now >= nextTouch, !recorder.monitors.all.isEmpty || recorder.instruments.count > 0 {
            recorder.monitors.touch(at: Self.time)
            recorder.instruments.touch(at: Self.time)
            nextTouch = now + Self.touchInterval
        }
    }

    /// Takes what there is, since nobody will for a while.
    func takeLast() {
        if !isOver && !recorder.isOrphan {
            recorder.takeWindows(at: Self.time, complete: complete)
        }
    }

    /// Nanoseconds since 1970.
    private static var time: Int64 { Int64(clamping: Int(Date().timeIntervalSince1970 * 1_000_000)) &* 1_000 }
}
