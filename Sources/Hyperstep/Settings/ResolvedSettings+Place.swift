import HyperstepRecorder
import HyperstepShipper
import Logging

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

extension ResolvedSettings {
    /// How long a start waits for a full disk to become less full, while what waits there is sent.
    static let freeingTimeout = Duration.seconds(3)

    /// Makes a recorder: a file in the directory, or where there can be none and records are sent, in memory.
    ///
    /// - Throws: ``StartError`` where somebody named a directory that cannot be used, and where records are not sent: then
    ///   nothing would ever have them.
    func make(_ configuration: RecorderConfiguration, _ logger: Logger) throws(StartError) -> Recorder {
        let problem: StartError
        if let directoryProblem {
            problem = directoryProblem
        } else {
            do throws(RecorderError) {
                return try makeFile(configuration)
            } catch {
                if error.code == .noSpace, let recorder = makeOnceFreed(configuration, logger) {
                    return recorder
                }
                problem = StartError(
                    "directory", variable: directoryVariable, "\"\(directory.shortened)\": \(error.reason)",
                    advice: "\(error.advice), and name it as HYPERSTEP_DIR or Settings.directory")
                // A name is a mistake that somebody wants to hear of; a full disk is nobody's.
                guard mayUseMemory(insteadOf: error) else { throw problem }
            }
        }
        return try makeInMemory(configuration, problem, logger)
    }

    /// Makes this user's folder, where the directory is shared.
    func prepareDirectory() throws(RecorderError) {
        if sharedRoot != nil { try UserDirectory.make(directory) }
    }

    private func makeFile(_ configuration: RecorderConfiguration) throws(RecorderError) -> Recorder {
        try prepareDirectory()
        return try RecorderDirectory(path: directory).create(configuration)
    }

    private func mayUseMemory(insteadOf error: RecorderError) -> Bool {
        guard mode == .online, error.code != .invalidSetting else { return false }
        return !isDirectoryNamed || error.code != .directory
    }

    /// Has what waits on the full disk sent, and tries again meanwhile. Nil where that does not help in time.
    private func makeOnceFreed(_ configuration: RecorderConfiguration, _ logger: Logger) -> Recorder? {
        guard mode == .online, holdsOrphans,
            let shipper = try? Shipper.shared(shipperConfiguration, logger: logger)
        else { return nil }
        // Beyond the wait, so that the recorder's own shipment finds it running.
        shipper.adopt(for: Self.freeingTimeout + .seconds(5))
        let deadline = ContinuousClock.now + Self.freeingTimeout
        while ContinuousClock.now < deadline {
            usleep(50_000)
            if let recorder = try? makeFile(configuration) { return recorder }
        }
        return nil
    }

    private var holdsOrphans: Bool {
        ([directory] + (sharedRoot.map { [$0] } ?? [])).contains { path in
            guard let scan = try? RecorderDirectory(path: path).scan() else { return false }
            return !scan.orphans.isEmpty
        }
    }

    private func makeInMemory(
        _ configuration: RecorderConfiguration, _ problem: StartError, _ logger: Logger
    ) throws(StartError) -> Recorder {
        let recorder: Recorder
        do throws(RecorderError) {
            recorder = try Recorder.inMemory(configuration)
        } catch {
            throw problem
        }
        LimitedWarnings.shared.warn(
            "memory \(problem)", logger,
            """
            records are kept in memory only, since the state directory cannot be used: what is not committed when the \
            process ends is lost
            """,
            ["reason": "\(problem.setting) \(problem.reason)", "advice": "\(problem.advice)"])
        return recorder
    }

    /// Logs what of the environment is not used although somebody set it.
    func warnOfEnvironment(_ logger: Logger) {
        guard let resourceProblem, mode != .disabled else { return }
        LimitedWarnings.shared.warn(
            "resource", logger, "OTEL_RESOURCE_ATTRIBUTES is malformed, and none of it is used",
            ["reason": "\(resourceProblem)"])
    }
}
