import Foundation
import HyperstepRecorder
import HyperstepTestKit
import NIOConcurrencyHelpers
import Testing

@testable import Hyperstep

// What hangs runs into the limit; how long the rest takes is a matter of the machine.
@Suite("A run and a peer that is no good collector", .timeLimit(.minutes(20)))
struct BadCollectorTests {
    @Test(
        "Starting, resuming and finishing end in time, and every step is kept",
        arguments: BadPeer.Manner.allCases)
    func bounded(manner: BadPeer.Manner) async throws {
        let directory = try TemporaryDirectory()
        let peer = try BadPeer(manner)
        let settings = Settings(endpoint: "http://127.0.0.1:\(peer.port)", directory: directory.path)
        let run = try Run.start(
            project: "p", name: "n", model: "m", resume: .run(UUID(), fromStep: 0), settings: settings,
            logger: RecordedLines.logger().0)
        for _ in 0..<1_000 { run.step(loss: 1) }
        run.update(parameters: ["a": 1])
        let blocking = { run.finish(timeout: .milliseconds(200)) }
        #expect(blocking() == FinishReport(spooled: 1_000, isEndKnown: false))
        #expect(
            await run.finish(timeout: .milliseconds(200)) == FinishReport(spooled: 1_000, isEndKnown: false))
    }

    @Test("With a full recorder and a program that waits, finishing ends all the same")
    func waiting() throws {
        let directory = try TemporaryDirectory()
        let peer = try BadPeer(.silent)
        var settings = Settings(endpoint: "http://127.0.0.1:\(peer.port)", directory: directory.path)
        settings.whenFull = .wait
        let run = try Run.start(project: "p", name: "n", model: "m", settings: settings)
        // Fills what changes may take; the last one waits in vain until the run ends.
        let changes = DispatchGroup()
        DispatchQueue.global().async(group: changes) {
            for index in 0..<200 { run.update(parameters: ["a": .int(index)]) }
        }
        _ = changes.wait(timeout: .now() + .milliseconds(500))
        run.finish(timeout: .milliseconds(100))
        changes.wait()
    }

    @Test("With a collector that commits nothing and a program that waits, open experiments hold nobody up")
    func waitingExperiments() async throws {
        try await withTestCollector { collector in
            collector.isAvailable = false
            var settings = collector.settings
            settings.whenFull = .wait
            let run = try Run.start(project: "p", name: "n", model: "m", settings: settings)
            let trials = (0..<4).map { run.experiment(parameters: ["index": .int($0)]) }
            // Each waits in vain, with its experiment in its hands, until the run ends.
            let (stop, calls) = (NIOLockedValueBox(false), NIOLockedValueBox(0))
            let group = DispatchGroup()
            for trial in trials {
                DispatchQueue.global().async(group: group) {
                    while !stop.withLockedValue({ $0 }) {
                        calls.withLockedValue { $0 += 1 }
                        trial.record(metrics: ["value": 0.5])
                        // Once the run has ended nothing waits any more: the machine is not for these alone.
                        Thread.sleep(forTimeInterval: 0.001)
                    }
                }
            }
            let ring = try #require(run.recording).recorder.experiments
            while ring.level.fill < 1 { await Task.yield() }
            let report = await run.finish(timeout: .milliseconds(200))
            stop.withLockedValue { $0 = true }
            await withCheckedContinuation { done in group.notify(queue: .global()) { done.resume() } }
            // The first rows of the four, and their ends; a call after the end makes no row.
            let rows = UInt64(calls.withLockedValue { $0 }) + 4 + 4
            #expect(report.experiments.spooled >= 64)
            #expect(report.experiments.spooled + ring.level.dropped <= rows)
        }
    }
}

/// A listening socket that does not do what a collector does.
final class BadPeer: @unchecked Sendable {
    enum Manner: CaseIterable {
        /// Accepts nothing: connections wait in the kernel.
        case silent
        /// Hangs up at once.
        case hangingUp
        /// Answers bytes that mean nothing.
        case garbage
        /// Speaks another protocol.
        case http1
    }

    let port: Int
    // Written once, before the thread that reads it begins.
    private let socket: Int32

    init(_ manner: Manner) throws {
        #if canImport(Glibc)
            let type = Int32(SOCK_STREAM.rawValue)
        #else
            let type = SOCK_STREAM
        #endif
        let socket = Foundation.socket(AF_INET, type, 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, length) == 0 && listen(socket, 16) == 0
                    && getsockname(socket, $0, &length) == 0
            }
        }
        try #require(isBound)
        port = Int(UInt16(bigEndian: address.sin_port))
        self.socket = socket
        let answer: [UInt8]? =
            switch manner {
            case .silent: nil
            case .hangingUp: []
            case .garbage: (0..<4_096).map { _ in .random(in: 0...255) }
            case .http1: Array("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok".utf8)
            }
        guard let answer else { return }
        Thread.detachNewThread {
            while true {
                let peer = accept(socket, nil, nil)
                guard peer >= 0 else { return }
                if !answer.isEmpty { _ = send(peer, answer, answer.count, Int32(MSG_NOSIGNAL)) }
                close(peer)
            }
        }
    }

    deinit {
        shutdown(socket, Int32(SHUT_RDWR))
        close(socket)
    }
}
