/// Why a run or a monitor could not be started: which setting, what was expected of it, and what to do.
///
/// Its texts never hold a token or a URL's user and password.
public struct StartError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The setting at fault, as it is called in ``Settings`` or as a parameter of what was called.
    public let setting: String
    /// The environment variable that it came from; nil where it came from code or was the default.
    public let variable: String?
    /// What was found and what was expected.
    public let reason: String
    /// What to do about it.
    public let advice: String
    /// What was to be started.
    private var what = "the run"

    init(_ setting: String, variable: String? = nil, _ reason: String, advice: String) {
        self.setting = setting
        self.variable = variable
        self.reason = reason
        self.advice = advice
    }

    /// The same of something else than a run.
    func starting(_ what: String) -> StartError {
        var error = self
        error.what = what
        return error
    }

    /// As "cannot start the run: endpoint (HYPERSTEP_ENDPOINT) is …".
    public var description: String {
        "cannot start \(what): \(setting)\(variable.map { " (\($0))" } ?? "") \(reason); \(advice)"
    }
}
