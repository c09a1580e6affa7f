// What docs/metrics.md's blocks take for granted: a reader's own server, which a signal ends.

struct Server: Service {
    func run() async throws {
        kill(getpid(), SIGTERM)
        try await gracefulShutdown()
    }
}
let server = Server()
