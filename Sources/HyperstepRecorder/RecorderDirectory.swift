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

/// The state directory: where recorders are made, found again and adopted.
///
/// It belongs on a local file system: locks and shared mappings are not to be trusted on network ones.
///
///     let directory = try RecorderDirectory(path: "/var/lib/me/hyperstep")
///     let recorder = try directory.create(configuration)
///     for orphan in try directory.scan().orphans {
///         if case .adopted(let left) = try directory.adopt(orphan) { … }
///     }
public struct RecorderDirectory: Sendable, Equatable {
    /// The directory, without a slash at its end.
    public let path: String

    /// Uses a directory, and makes it (for its owner alone) if it is missing.
    ///
    /// Throws ``RecorderError/Code/directory`` where that is impossible.
    public init(path: String) throws(RecorderError) {
        var path = path
        while path.count > 1 && path.hasSuffix("/") { path.removeLast() }
        self.path = path
        do throws(Libc.Failure) {
            try Libc.makeDirectory(path)
            let status = try Libc.status(at: path + "/.")
            guard status.st_mode & S_IFMT == S_IFDIR else { throw Libc.Failure(code: ENOTDIR) }
        } catch {
            throw RecorderError(
                code: .directory, path: path,
                reason: "could not make or open the state directory: \(error.message)",
                advice: "choose a state directory that this user can write")
        }
    }

    /// Makes a recorder: a new file, whole and locked before anyone can see it under its name.
    ///
    /// Its disk space is reserved, and the pages of steps and scalars are made ready, so that recording them
    /// later neither fails nor waits. Throws if a setting is out of range, the directory cannot be written, or the disk is full.
    public func create(_ configuration: RecorderConfiguration) throws(RecorderError) -> Recorder {
        let layout = try FileLayout(configuration)
        let memory = try RecorderMaker(directory: path, layout: layout, identity: configuration.identity)
            .make()
        return Recorder(
            layout: layout, path: RecorderFiles.path(path, layout.recorder), identity: configuration.identity,
            memory: memory, whenFull: configuration.whenFull, isOrphan: false, reports: [])
    }
}

extension Recorder {
    /// Makes a recorder without a file, for a machine that has no place for one.
    ///
    /// What is recorded is gone with the process, however it ends, unless it was shipped before; nobody can adopt it, and
    /// nothing of it is spooled. It takes as many bytes of memory as a file would take of the disk.
    ///
    /// - Throws: where a setting is out of range, or there is not that much memory.
    public static func inMemory(_ configuration: RecorderConfiguration) throws(RecorderError) -> Recorder {
        let layout = try FileLayout(configuration)
        let memory: RecorderMemory
        do {
            memory = try RecorderMemory.anonymous(count: layout.fileBytes)
        } catch {
            throw .failed("take \(layout.fileBytes) bytes of memory for a recorder", "memory", error)
        }
        return Recorder(
            layout: layout, path: "", identity: configuration.identity, memory: memory,
            whenFull: configuration.whenFull, isOrphan: false, reports: [])
    }
}

extension FileLayout {
    /// The layout of a new recorder.
    fileprivate init(_ configuration: RecorderConfiguration) throws(RecorderError) {
        try configuration.validate()
        let rings = configuration.capacities.filter { $0.capacity > 0 }
            .map { Ring(kind: $0.kind, stream: UUID(), capacity: $0.capacity) }
        guard
            let layout = FileLayout(
                recorder: UUID(), rings: rings,
                nameCapacity: configuration.scalarCapacity > 0 ? configuration.nameCapacity : 0,
                seriesCapacity: configuration.windowCapacity > 0 ? configuration.seriesCapacity : 0,
                instrumentCapacity: configuration.instrumentWindowCapacity > 0
                    ? configuration.instrumentCapacity : 0)
        else { preconditionFailure("a validated configuration has a layout") }
        self = layout
    }
}
