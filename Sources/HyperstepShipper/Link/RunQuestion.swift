import Dispatch
import HyperstepHTTP2
public import HyperstepWire
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

#if canImport(FoundationEssentials)
    public import struct FoundationEssentials.UUID
#else
    public import struct Foundation.UUID
#endif

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Asks a collector what its database knows of a run: `GET /v1/runs/<run id>`.
public enum RunQuestion {
    /// What came of it.
    public enum Answer: Sendable, Equatable {
        /// The run is in the database.
        case known(RunState)
        /// It is not.
        case unknown
        /// Nobody answered in time, or something that is no answer; the reason is for a person.
        case unavailable(reason: String)
    }

    /// One thread for all questions of the process, made for the first. It is never shut down: a name server may
    /// answer long after the question was given up, and its answer has to find the event loop there.
    private static let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)

    /// The process that `group` is of; nil before the first question.
    private static let process = NIOLockedValueBox<Int32?>(nil)

    /// Asks, on a connection of its own. The calling thread waits, for `timeout` at most.
    public static func ask(
        about run: UUID, at endpoint: Endpoint, token: String? = nil, timeout: Duration
    ) -> Answer {
        // The thread is of the process that asked first; a child by `fork` does not have it.
        guard
            process.withLockedValue({ process in
                process = process ?? getpid()
                return process == getpid()
            })
        else { return .unavailable(reason: "\(ForkedProcess())") }
        do {
            try FreeDescriptors.check()
        } catch {
            return .unavailable(reason: "\(error)")
        }
        var configuration = HTTP2ClientConfiguration()
        configuration.connectTimeout = .milliseconds(timeout.milliseconds)
        // Nobody waits for an answer any more after that, and the connection is closed.
        configuration.responseTimeout = configuration.connectTimeout
        configuration.maximumResponseBytes = 64 << 10
        let request = HTTP2Request(
            method: "GET", scheme: "http", authority: endpoint.authority,
            path: "/v1/runs/" + run.uuidString.lowercased(),
            headers: token.map { [("authorization", "Bearer \($0)")] } ?? [])
        let done = DispatchSemaphore(value: 0)
        let answer = NIOLockedValueBox(Answer.unavailable(reason: "no answer within \(timeout)"))
        HTTP2Client.connect(
            host: endpoint.host, port: endpoint.port, on: group.next(), configuration: configuration
        )
        .flatMap { client in
            client.send(request).response.always { _ in client.close() }
        }
        .whenComplete { result in
            answer.withLockedValue { $0 = Answer(result, about: run) }
            done.signal()
        }
        _ = done.wait(timeout: .now() + .milliseconds(Int(clamping: timeout.milliseconds)))
        return answer.withLockedValue { $0 }
    }
}

extension RunQuestion.Answer {
    init(_ result: Result<HTTP2Response, any Error>, about run: UUID) {
        switch result {
        case .failure(let error): self = .unavailable(reason: "\(error)")
        case .success(let response): self.init(response, about: run)
        }
    }

    /// Only a collector's own words count: a proxy answers 404 as well.
    init(_ response: HTTP2Response, about run: UUID) {
        let state = response.body.withUnsafeReadableBytes { try? RunState(decoding: $0) }
        let error = response.body.withUnsafeReadableBytes { try? IngestError(decoding: $0) }
        switch response.status {
        case 200:
            self =
                state.flatMap { $0.runID == run ? .known($0) : nil }
                ?? .unavailable(reason: "the answer is not about this run; is this a Hyperstep collector?")
        case 404 where error?.field == "run_id": self = .unknown
        default:
            let said = error.map { ": \($0.reason)" } ?? ""
            self = .unavailable(reason: "status \(response.status)\(said)")
        }
    }
}
