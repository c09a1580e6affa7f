import Dispatch
import NIOConcurrencyHelpers
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The process's one watch for signals that end it: finishes the runs that asked for it, and ends the process by
/// the signal that came.
///
/// A handler may do next to nothing, so it writes the signal's number into a pipe; a thread of its own reads it and
/// does the work while the program's threads go on. That thread takes the signals even where all others block
/// them, as they do in a process that was started by a thread that did.
final class SignalWatch: Sendable {
    static let shared = SignalWatch()

    private struct Entry {
        weak var run: Run?
        let signals: Set<Run.Signal>
        let timeout: Duration
    }

    private struct State {
        var entries: [Entry] = []
        var isListening = false
        /// Until when the process ends at the latest, once a signal came.
        var end: ContinuousClock.Instant?
    }

    private let state = NIOLockedValueBox(State())
    /// A serial queue of its own has a thread of its own, which its one block never gives back.
    private let queue = DispatchQueue(label: "hyperstep.signals")
    /// No signal's number: a byte that asks the thread to look which signals it is to take.
    private static let lookAgain: UInt8 = 0

    /// Has `run` finish on these signals. Returns those that cannot be watched, since something else handles them.
    func add(_ run: Run, _ signals: Set<Run.Signal>, timeout: Duration) -> [Run.Signal] {
        state.withLockedValue { state in
            // The process ends already.
            guard state.end == nil else { return [] }
            guard listen(&state) else { return Array(signals) }
            state.entries.removeAll { $0.run == nil }
            let taken = signals.filter { SignalHandler.install(for: $0.number) }
            state.entries.append(Entry(run: run, signals: taken, timeout: timeout))
            var byte = Self.lookAgain
            _ = write(SignalHandler.pipe.load(ordering: .relaxed), &byte, 1)
            return Array(signals.subtracting(taken))
        }
    }

    /// Makes the pipe, the first time; false where the process has no descriptor left.
    private func listen(_ state: inout State) -> Bool {
        if state.isListening { return true }
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return false }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        // Never waited for in a handler, however many signals come.
        _ = fcntl(ends[1], F_SETFL, O_NONBLOCK)
        SignalHandler.pipe.store(ends[1], ordering: .relaxed)
        SignalHandler.process.store(getpid(), ordering: .relaxed)
        queue.async { [self, reading = ends[0]] in
            var byte: UInt8 = 0
            while true {
                let count = read(reading, &byte, 1)
                if count < 0, errno == EINTR { continue }
                // Somebody closed a descriptor that is not theirs: nothing comes through it any more.
                guard count == 1 else { return }
                if byte == Self.lookAgain { takeSignals() } else { end(by: Int32(byte)) }
            }
        }
        state.isListening = true
        return true
    }

    /// Lets this thread take the signals that are watched.
    private func takeSignals() {
        let numbers = Set(state.withLockedValue(\.entries).flatMap { $0.signals.map(\.number) })
        SignalHandler.unblock(numbers)
    }

    /// Finishes the runs that asked for it, and ends the process by the signal.
    private func end(by number: Int32) {
        let name = Run.Signal.allCases.first { $0.number == number }?.name ?? "signal \(number)"
        // All of them end now, and are waited for together. Whoever sees that one has ended sees why.
        let runs = state.withLockedValue { state in
            let meant = state.entries.filter { $0.signals.contains { $0.number == number } }
            let runs = meant.compactMap { entry in
                entry.run.map { (run: $0, deadline: ContinuousClock.Instant.after(entry.timeout)) }
            }
            state.end = runs.map(\.deadline).max() ?? .now
            // Another signal, whichever, ends the process at once.
            SignalHandler.remove(for: Set(state.entries.flatMap { $0.signals.map(\.number) }))
            return runs
        }
        for (run, deadline) in runs { run.end(.killed(name), until: deadline) }
        for (run, deadline) in runs { _ = run.settle(until: deadline) }
        SignalHandler.endProcess(by: number)
    }

    /// Does not come back where a signal ends the process: else the program would go on meanwhile, and might end with a
    /// status of its own, as if nobody had asked it to.
    func stayWhereProcessEnds() {
        while let end = latestEnd, ContinuousClock.now < end { usleep(10_000) }
    }

    /// As the synchronous form, for asynchronous code.
    func stayWhereProcessEnds() async {
        guard let end = latestEnd else { return }
        // Detached: a task that is cancelled stays too.
        await Task.detached { try? await Task.sleep(until: end, clock: .continuous) }.value
    }

    /// When the process has ended by a signal that came, with a second to spare; nil where none did.
    private var latestEnd: ContinuousClock.Instant? {
        state.withLockedValue(\.end).map { $0 + .seconds(1) }
    }
}

extension Run.Signal {
    /// As `SIGTERM`.
    var name: String {
        switch self {
        case .terminate: "SIGTERM"
        case .interrupt: "SIGINT"
        }
    }

    var number: Int32 {
        switch self {
        case .terminate: SIGTERM
        case .interrupt: SIGINT
        }
    }
}
