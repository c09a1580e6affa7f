public import Logging

extension InferenceMonitor {
    /// The monitor of a model and endpoint: the same one for the same names, whichever thread asks.
    ///
    /// The first call with these settings makes a file in the ``Settings/directory`` and begins to send what is
    /// counted; a collector that does not answer is no error. Call it once and keep what it gives.
    ///
    /// For each set of settings there is room for ``Settings/monitorCapacity`` monitors. One more is there and records nothing; the
    /// log says so once, and ``shutdown(timeout:)-(Duration)`` reports it.
    ///
    /// - Parameters:
    ///   - model: the name of the model, 1 to 256 bytes. Its id is made from name and version (``ModelID``), so
    ///     that it is the id of the model that a run of these names trained.
    ///   - modelVersion: the model's version, 1 to 256 bytes, where it has one.
    ///   - endpoint: what is asked of it, as `/predict`: 1 to 256 bytes. A route's template, not a request's path:
    ///     each is a series of its own.
    ///   - settings: how windows reach the collector. Monitors that agree on them share a file.
    ///   - logger: where warnings go.
    /// - Throws: ``StartError`` where a name or a setting is nonsense, or the directory cannot be written.
    public static func start(
        model: String, modelVersion: String? = nil, endpoint: String, settings: Settings = Settings(),
        logger: Logger = Logger(label: "hyperstep")
    ) throws(StartError) -> InferenceMonitor {
        try MonitorRegistry.shared.monitor(
            model: model, modelVersion: modelVersion, endpoint: endpoint, settings: settings, logger: logger)
    }

    /// Ends all monitors of the process, and waits until what they counted is committed or `timeout` is over.
    ///
    /// What is not committed by then is not lost: it waits in the ``Settings/directory`` and the next process
    /// sends it. What its monitors are
    /// given after it is dropped: the log says so once, and the next report has the number. A monitor that is started after it begins anew.
    ///
    /// - Parameter timeout: how long to wait at most, 0 to 1 day.
    /// - Returns: what became of the windows.
    @discardableResult
    public static func shutdown(timeout: Duration = .seconds(10)) -> MonitorReport {
        MonitorRegistry.shared.shutdown(timeout: timeout)
    }

    /// As the synchronous form, for asynchronous code: no thread waits.
    @discardableResult
    public static func shutdown(timeout: Duration = .seconds(10)) async -> MonitorReport {
        await MonitorRegistry.shared.shutdown(timeout: timeout)
    }
}
