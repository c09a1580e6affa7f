/// Why a run, a monitor or the metrics of a process could not be started, or why settings are not valid: which setting,
/// what was expected of it, and what to do.
///
/// Its texts never hold a token or a URL's user and password.
public struct StartError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The setting at fault, as it is called in ``Settings`` or as a parameter of what was called; "open files" or
    /// "process" where what the process has is at fault.
    public let setting: String
    /// The environment variable that it came from; nil where it came from code or was the default.
    public let variable: String?
    /// What was found and what was expected.
    public let reason: String
    /// What to do about it.
    public let advice: String
    /// What was to be done.
    private var intent = "start the run"
    /// Whether the file system did not do what it was asked to, whatever was set.
    var isOfFileSystem = false

    init(_ setting: String, variable: String? = nil, _ reason: String, advice: String) {
        self.setting = setting
        self.variable = variable
        self.reason = reason
        self.advice = advice
    }

    /// The same of something else than a run.
    func starting(_ what: String) -> StartError {
        var error = self
        error.intent = "start \(what)"
        return error
    }

    /// The same of settings that are only looked at.
    var validating: StartError {
        var error = self
        error.intent = "use these settings"
        return error
    }

    /// As "cannot start the run: endpoint (HYPERSTEP_ENDPOINT) is …".
    public var description: String {
        "cannot \(intent): \(setting)\(variable.map { " (\($0))" } ?? "") \(reason); \(advice)"
    }
}
