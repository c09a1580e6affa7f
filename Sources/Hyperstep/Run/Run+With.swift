public import Logging

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// Starts a run, passes it to `body`, and finishes it however `body` ends.
///
/// ```swift
/// try withRun(project: "digits", name: "mlp-32", model: "digits-mlp") { run in
///     for batch in batches { run.step(loss: try model.train(on: batch)) }
/// }
/// ```
///
/// The run is finished where `body` returns, failed with the error's description where it throws. Parameters are
/// those of ``Run/start(project:name:model:modelVersion:id:resume:rank:parameters:tags:settings:logger:)``.
///
/// - Parameter finishTimeout: how long to wait at the end for records to be committed.
/// - Throws: ``StartError``, or what `body` throws.
public func withRun<Result>(
    project: String, name: String, model: String, modelVersion: String? = nil, id: UUID? = nil,
    resume: Resume? = nil, rank: Int? = nil, parameters: [String: ParameterValue] = [:],
    tags: [String] = [], settings: Settings = Settings(), logger: Logger = Logger(label: "hyperstep"),
    finishTimeout: Duration = .seconds(10), _ body: (Run) throws -> Result
) throws -> Result {
    let run = try Run.start(
        project: project, name: name, model: model, modelVersion: modelVersion, id: id, resume: resume,
        rank: rank, parameters: parameters, tags: tags, settings: settings, logger: logger)
    do {
        let result = try body(run)
        run.finish(timeout: finishTimeout)
        return result
    } catch {
        run.finish(Run.Outcome(error), timeout: finishTimeout)
        throw error
    }
}

/// As the synchronous form, for asynchronous code: no thread waits for the end, and a task that is cancelled, so that
/// `body` throws, makes the run killed rather than failed. The start of a run that is resumed asks the collector which
/// attempt was the last, and keeps its thread meanwhile, for 2 s at most (and 2 s for other starts on this machine).
///
/// - Parameter finishTimeout: how long to wait at the end for records to be committed; a cancelled task waits too.
/// - Throws: ``StartError``, or what `body` throws.
public func withRun<Result>(
    project: String, name: String, model: String, modelVersion: String? = nil, id: UUID? = nil,
    resume: Resume? = nil, rank: Int? = nil, parameters: [String: ParameterValue] = [:],
    tags: [String] = [], settings: Settings = Settings(), logger: Logger = Logger(label: "hyperstep"),
    finishTimeout: Duration = .seconds(10), isolation: isolated (any Actor)? = #isolation,
    _ body: (Run) async throws -> Result
) async throws -> Result {
    let run = try Run.start(
        project: project, name: name, model: model, modelVersion: modelVersion, id: id, resume: resume,
        rank: rank, parameters: parameters, tags: tags, settings: settings, logger: logger)
    do {
        let result = try await body(run)
        await run.finish(timeout: finishTimeout)
        return result
    } catch {
        await run.finish(Run.Outcome(error, isCancelled: Task.isCancelled), timeout: finishTimeout)
        throw error
    }
}

extension Run.Outcome {
    /// How a run ended whose body threw `error`.
    init(_ error: any Error, isCancelled: Bool = false) {
        self =
            error is CancellationError || isCancelled
            ? .killed("cancelled: \(error)") : .failed(String(describing: error))
    }
}
