import Hummingbird
import Hyperstep

/// Counts each request of a route and how long its answer took to make; an answer of 4xx or 5xx as an error.
struct MonitoringMiddleware<Context: RequestContext>: RouterMiddleware {
    let monitor: InferenceMonitor

    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        let arrived = ContinuousClock.now
        var outcome = InferenceMonitor.Outcome.error  // until there is an answer: what throws is one
        defer { monitor.record(latency: arrived.duration(to: .now), outcome: outcome) }
        let response = try await next(request, context)
        if response.status.code < 400 { outcome = .ok }
        return response
    }
}
