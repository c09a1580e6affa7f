import DigitsModel
import Hummingbird
import Hyperstep

/// The server's routes.
///
/// - Parameters:
///   - isMetered: whether Hummingbird reports its requests to the backend that was bootstrapped.
///   - monitor: the monitor of a route, asked for once each; nil where it is not monitored.
func router(
    serving checkpoint: Checkpoint, isMetered: Bool, monitor: (_ route: String) throws -> InferenceMonitor?
) rethrows -> Router<DigitsContext> {
    let router = Router(context: DigitsContext.self)
    if isMetered { router.add(middleware: MetricsMiddleware()) }
    let model = checkpoint.model
    router.get("health") { _, _ in Health(checkpoint) }
    try router.monitored(by: monitor, "/predict") { request, context in
        let image = try await request.decode(as: Image.self, context: context)
        return try Prediction.of([image.pixels], by: model)[0]
    }
    try router.monitored(by: monitor, "/predict/batch") { request, context in
        let batch = try await request.decode(as: Batch.self, context: context)
        guard (1...Batch.largest).contains(batch.images.count) else {
            throw HTTPError(
                .badRequest, message: "images: \(batch.images.count) of them, expected 1 to \(Batch.largest)")
        }
        return Predictions(predictions: try Prediction.of(batch.images, by: model))
    }
    return router
}

extension Router<DigitsContext> {
    /// A route that is posted to, behind a monitor of its own.
    fileprivate func monitored(
        by monitor: (_ route: String) throws -> InferenceMonitor?, _ route: String,
        answer: @escaping @Sendable (Request, DigitsContext) async throws -> some ResponseGenerator
    ) rethrows {
        let group = group()
        if let monitor = try monitor(route) { group.add(middleware: MonitoringMiddleware(monitor: monitor)) }
        group.post(RouterPath(route), use: answer)
    }
}

/// What Hummingbird keeps of a request, and its limits.
struct DigitsContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// What a batch of the largest size takes with room to spare; more is answered with 413.
    var maxUploadSize: Int { 1 << 20 }

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
    }
}
