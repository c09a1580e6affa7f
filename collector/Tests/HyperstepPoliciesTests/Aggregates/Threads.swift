import Dispatch
import Foundation
import Synchronization

/// Runs each body on a thread of its own and waits for all of them: connections block their thread.
///
/// - Throws: the first error of any of them.
func concurrently(_ bodies: [@Sendable () throws -> Void]) throws {
    let group = DispatchGroup()
    let failures = Failures()
    for body in bodies {
        group.enter()
        Thread {
            do { try body() } catch { failures.add(error) }
            group.leave()
        }.start()
    }
    group.wait()
    if let first = failures.first { throw first }
}

private final class Failures: Sendable {
    private let errors = Mutex<[any Error]>([])
    var first: (any Error)? { errors.withLock { $0.first } }
    func add(_ error: any Error) { errors.withLock { $0.append(error) } }
}
