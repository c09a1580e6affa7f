import HyperstepRecorder
import Logging

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The highest attempt of each run that was resumed on this machine, a file each in `attempts/` of the state
/// directory: two resumes never share a number, even where no collector can be asked.
struct AttemptBook {
    private let directory: String
    private let folder: String
    /// Where earlier versions kept the numbers of all users of a shared directory; nil where nobody shares it.
    private let earlierFolder: String?
    /// The environment variable that the directory came from, for errors.
    private let variable: String?

    /// How long another start may keep the book. It takes it for a moment; a stopped process, for ever.
    private static let patience = Duration.seconds(2)

    init(directory: String, sharedRoot: String? = nil, variable: String?) {
        self.directory = directory
        folder = directory + "/attempts"
        earlierFolder = sharedRoot.map { $0 + "/attempts" }
        self.variable = variable
    }

    /// Takes the next attempt of `run`: one more than `known` and than what the book says.
    func next(of run: UUID, after known: Int16, _ logger: Logger) throws(StartError) -> Int16 {
        try locked { () throws(StartError) in
            let last = max(known, read(run, logger))
            guard last < Int16.max else {
                throw StartError(
                    "attempt", "has no number left: the run was resumed \(last) times",
                    advice: "start a new run")
            }
            try write(last + 1, of: run)
            return last + 1
        }
    }

    /// Notes an attempt whose number was given.
    func note(_ attempt: Int16, of run: UUID, _ logger: Logger) throws(StartError) -> Int16 {
        try locked { () throws(StartError) in
            if read(run, logger) < attempt { try write(attempt, of: run) }
            return attempt
        }
    }

    private func locked<Value>(_ body: () throws(StartError) -> Value) throws(StartError) -> Value {
        do {
            if earlierFolder != nil { try UserDirectory.make(directory) }
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw unusable("could not be made: \(error)")
        }
        // The lock is the directory's: the files in it are replaced, and a lock on one would go with it.
        let descriptor = open(folder, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw unusable("could not be opened: \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        let deadline = ContinuousClock.now + Self.patience
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            guard ContinuousClock.now < deadline else {
                var error = unusable("is locked by another process, which may be stopped (errno \(errno))")
                // The other one takes a number at this moment: going on without it would take the same.
                error.isOfFileSystem = false
                throw error
            }
            usleep(1_000)
        }
        defer { flock(descriptor, LOCK_UN) }
        return try body()
    }

    private func path(_ run: UUID) -> String { folder + "/" + run.uuidString.lowercased() }

    private func read(_ run: UUID, _ logger: Logger) -> Int16 {
        let earlier = earlierFolder.map { read($0 + "/" + run.uuidString.lowercased(), logger) } ?? 0
        return max(earlier, read(path(run), logger))
    }

    private func read(_ path: String, _ logger: Logger) -> Int16 {
        guard let bytes = try? Data(contentsOf: URL(filePath: path)) else { return 0 }
        let text = String(decoding: bytes.prefix(8).filter { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
        guard let attempt = Int16(text), attempt >= 0 else {
            logger.warning(
                "a file that holds a run's attempt is damaged, and is written anew",
                metadata: ["file": "\(path)"])
            return 0
        }
        return attempt
    }

    private func write(_ attempt: Int16, of run: UUID) throws(StartError) {
        do {
            // Atomic: to a file beside it, which then takes its place.
            try Data("\(attempt)\n".utf8).write(to: URL(filePath: path(run)), options: .atomic)
        } catch {
            throw unusable("could not be written: \(error)")
        }
    }

    private func unusable(_ reason: String) -> StartError {
        var error = StartError(
            "directory", variable: variable, "\"\(folder.shortened)\" \(reason)",
            advice: "name a directory that this user can write, by HYPERSTEP_DIR or Settings.directory")
        error.isOfFileSystem = true
        return error
    }
}
