import HyperstepPolicies
import HyperstepPostgres
import Logging
import NIOPosix
import ServiceLifecycle
import Synchronization
import UnixSignals

/// Keeps a database's policies while the collector serves, and rereads the policy file on SIGHUP.
struct PolicyService: Service {
    let url: PostgresURL
    let every: Duration
    /// What was declared when the collector started.
    let declared: PolicySet
    /// Reads the policy file anew; nil if there is none.
    let reread: (@Sendable () throws(PolicyErrors) -> PolicySet)?
    let logger: Logger

    func run() async throws {
        let state = PolicyServiceState(declared)
        // Its thread blocks for as long as a refresh takes.
        let pool = NIOThreadPool(numberOfThreads: 1)
        pool.start()
        await withGracefulShutdownHandler {
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    await rounds(state, on: pool)
                    state.stop()
                }
                group.addTask { await rereadOnSignal(state) }
                await group.next()
                group.cancelAll()
            }
        } onGracefulShutdown: {
            state.stop()
        }
        try await pool.shutdownGracefully()
    }

    private func rounds(_ state: PolicyServiceState, on pool: NIOThreadPool) async {
        let options = PolicyKeeper.Options(
            every: every,
            complaint: { connection throws(PostgresError) in try WriteObstacle.read(connection) },
            onConnect: { state.setCancel($0) }, isStopping: { state.isStopping })
        let keeper = Mutex(PolicyKeeper(url, options: options, logger: logger))
        while !state.isStopping {
            let next = try? await pool.runIfActive {
                keeper.withLock { $0.round(state.declared) }
            }
            guard let next else { break }
            await state.sleep(for: next)
        }
        keeper.withLock { $0.disconnect() }
        state.finish()
    }

    private func rereadOnSignal(_ state: PolicyServiceState) async {
        let signals = await UnixSignalsSequence(trapping: .sighup)
        await cancelWhenGracefulShutdown {
            for await _ in signals { take(state) }
        }
    }

    /// A wrong file leaves in force what is in force.
    private func take(_ state: PolicyServiceState) {
        guard let reread else {
            logger.notice("SIGHUP: there is no policy file to read again")
            return
        }
        do throws(PolicyErrors) {
            state.declare(try reread())
            logger.notice("SIGHUP: the policy file was read again")
        } catch {
            logger.error(
                "SIGHUP: the policy file is wrong, what it said before stays in force",
                metadata: ["errors": "\(error)"])
        }
    }
}
