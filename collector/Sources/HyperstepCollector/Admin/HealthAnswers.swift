internal import NIOCore

/// `/healthz`: the process serves. `/readyz`: it can also commit.
struct HealthAnswers {
    enum Question {
        case alive
        case ready

        init?(path: String) {
            switch path {
            case "/healthz": self = .alive
            case "/readyz": self = .ready
            default: return nil
            }
        }
    }

    struct Answer: Sendable, Equatable {
        let status: Int
        let text: String

        static let ok = Answer(status: 200, text: "ok")
    }

    let readiness: any ReadinessProbe

    /// Never fails.
    func answer(_ question: Question, on eventLoop: any EventLoop) -> EventLoopFuture<Answer> {
        switch question {
        case .alive: return eventLoop.makeSucceededFuture(.ok)
        case .ready:
            return eventLoop.makeFutureWithTask { [readiness] in
                switch await readiness.check() {
                case .ready: .ok
                case .notReady(let reason): Answer(status: 503, text: reason)
                }
            }
        }
    }
}
