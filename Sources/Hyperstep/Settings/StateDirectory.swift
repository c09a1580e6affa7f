import HyperstepRecorder

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Where records wait.
struct StatePlace {
    var directory = ""
    var sharedRoot: String?
    var problem: StartError?
}

extension Settings {
    /// The directory that this user's records wait in.
    ///
    /// - Parameter isOnline: whether records are sent. Then a run goes on without a directory, in memory.
    func resolvedPlace(_ environment: [String: String], isOnline: Bool) throws(StartError) -> StatePlace {
        let root: String
        do throws(StartError) {
            root = try resolvedDirectory(environment)
        } catch {
            guard isOnline, directory == nil, environment.nonEmpty("HYPERSTEP_DIR") == nil else {
                throw error
            }
            return StatePlace(problem: error)
        }
        guard let own = UserDirectory.path(in: root) else { return StatePlace(directory: root) }
        return StatePlace(directory: own, sharedRoot: root)
    }

    /// The absolute path of the directory that records wait in; it need not exist yet.
    func resolvedDirectory(_ environment: [String: String]) throws(StartError) -> String {
        let variable = directory == nil ? "HYPERSTEP_DIR" : nil
        guard let given = directory ?? environment.nonEmpty("HYPERSTEP_DIR") else {
            return try Self.defaultDirectory(environment)
        }
        guard !given.isEmpty, !given.utf8.contains(0) else {
            throw StartError(
                "directory", variable: variable, "is no path", advice: "name a directory, or leave it out")
        }
        if given.hasPrefix("/") { return given }
        if given.hasPrefix("~/"), let home = environment.nonEmpty("HOME") {
            return home + given.dropFirst()
        }
        // Absolute, since the program may change its working directory while the run goes on.
        guard let current = getcwd(nil, 0) else {
            throw StartError(
                "directory", variable: variable, "is relative, and the working directory cannot be read",
                advice: "name it by its absolute path")
        }
        defer { free(current) }
        return "\(String(cString: current))/\(given)"
    }

    private static func defaultDirectory(_ environment: [String: String]) throws(StartError) -> String {
        // The XDG specification: a relative path in the variable is to be ignored.
        if let state = environment.nonEmpty("XDG_STATE_HOME"), state.hasPrefix("/") {
            return state + "/hyperstep"
        }
        guard let home = environment.nonEmpty("HOME"), home.hasPrefix("/") else {
            throw StartError(
                "directory", "has no default, since HOME is not set",
                advice: "set HYPERSTEP_DIR to a directory that can be written")
        }
        #if canImport(Darwin)
            return home + "/Library/Application Support/Hyperstep"
        #else
            return home + "/.local/state/hyperstep"
        #endif
    }
}
