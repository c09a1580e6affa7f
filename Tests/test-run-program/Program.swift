import Dispatch
import Foundation
import Hyperstep
import HyperstepRecorder
import Logging

/// What the program does.
struct Program: Sendable {
    let report: Report
    let options: Options
    let logger: Logger

    func scan() {
        do {
            let scan = try RecorderDirectory(path: options["directory"] ?? "").scan()
            report.line("orphans \(scan.orphans.count) live \(scan.live.count)")
            for file in scan.leftAlone { report.line("left alone \(file)") }
            for damage in scan.reports { report.line("damaged \(damage)") }
        } catch {
            report.line("error \(error)")
        }
    }

    func record() {
        var settings = Settings(
            endpoint: options["endpoint"], mode: options["endpoint"] == nil ? .offline : .online,
            directory: options["directory"])
        settings.flushInterval = .milliseconds(5)
        // While a thread of the SDK makes a type of Swift's for the first time it holds a lock of Swift's runtime, which a
        // child by fork would wait for, so none samples there.
        settings.systemInterval = options["end"] == "fork" ? .zero : .milliseconds(100)
        let id = options["run"].flatMap { UUID(uuidString: $0) }
        if let resumes = options.number("resume"), let id {
            DispatchQueue.concurrentPerform(iterations: resumes) { [settings] _ in
                run(settings, id: nil, resume: .run(id, fromStep: 0))
            }
        } else {
            run(settings, id: id, resume: nil)
        }
    }

    func run(_ settings: Settings, id: UUID?, resume: Resume?) {
        // Held until the run has started, so that it finds no more than it is to find.
        let held = options.number("free").map(leaveFree) ?? []
        let run: Run
        do {
            run = try Run.start(
                project: "p", name: "n", model: "m", id: id, resume: resume, settings: settings,
                logger: logger)
        } catch {
            report.line("error \(error)")
            return
        }
        report.line("started attempt \(run.attempt)")
        let taken = options["after"] == "exhausted" ? leaveFree(0) : []
        defer { for descriptor in taken { close(descriptor) } }
        for _ in 0..<(options.number("steps") ?? 10) { run.step(loss: 1) }
        switch options["end"] {
        case "leave": _exit(0)
        case "hold":
            report.line("holding")
            while true { pause() }
        case "fork":
            report.line("waiting to fork")
            while access(options["when"] ?? "", F_OK) != 0 { usleep(1_000) }
            finishInChild(run)
            fallthrough
        default:
            let finished = run.finish(timeout: .milliseconds(options.number("timeout") ?? 20_000))
            report.line("finished \(finished)")
        }
        for descriptor in held { close(descriptor) }
    }

    /// The child records two steps and finishes the run; then its parent records one more.
    func finishInChild(_ run: Run) {
        // Swift hides it, since threads do not survive it. That is what is tested.
        typealias Fork = @convention(c) () -> pid_t
        let fork = unsafeBitCast(dlsym(nil, "fork"), to: Fork.self)
        let child = fork()
        if child == 0 {
            // A child that waits for ever is to fail the test, not to hold it up.
            alarm(120)
            run.step(loss: 2)
            run.step(loss: 2)
            run.finish(timeout: .seconds(5))
            report.line("child ended, run is finished: \(run.isFinished)")
            let second = Result {
                try Run.start(
                    project: "p", name: "of the child", model: "m",
                    settings: Settings(
                        endpoint: options["endpoint"], mode: .online, directory: options["directory"]),
                    logger: logger)
            }
            if case .failure(let error) = second { report.line("child error \(error)") }
            _exit(0)
        }
        var status: Int32 = 0
        while waitpid(child, &status, 0) == -1 && errno == EINTR {}
        report.line("child status \(status), run is finished: \(run.isFinished)")
        run.step(loss: 3)
    }

    /// Takes all descriptors but `count`.
    func leaveFree(_ count: Int) -> [Int32] {
        var limit = rlimit(rlim_cur: 128, rlim_max: 128)
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        var held: [Int32] = []
        while true {
            let descriptor = dup(1)
            guard descriptor >= 0 else { break }
            held.append(descriptor)
        }
        for _ in 0..<min(count, held.count) { close(held.removeLast()) }
        return held
    }
}
