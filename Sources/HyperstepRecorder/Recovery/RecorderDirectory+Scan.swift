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

extension RecorderDirectory {
    /// Lists the recorders of the directory, and tidies it: what a creator killed at work left is deleted, and
    /// what is no recorder's file in spite of its name is set aside.
    ///
    /// Only what was read and is wrong is set aside. What cannot be opened may be whole: it is left alone and named.
    ///
    /// - Parameter owners: whose files are looked into. Those of others are left alone and named.
    /// - Throws: only if the directory itself cannot be read.
    public func scan(of owners: FileOwners = .thisUser) throws(RecorderError) -> RecorderScan {
        let names: [String]
        do {
            names = try Libc.names(in: path)
        } catch {
            throw .failed("list the state directory", path, error)
        }
        var scan = RecorderScan()
        var orphans: [(id: UUID, changed: Int)] = []
        for name in names {
            if name.hasSuffix(RecorderFiles.unfinishedSuffix) {
                deleteUnfinished("\(path)/\(name)", owners)
            } else if name.hasSuffix(RecorderFiles.suffix) {
                switch classify(name, owners) {
                case .live(let id): scan.live.append(id)
                case .orphan(let id, let changed): orphans.append((id, changed))
                case .foreign(let report): scan.reports.append(report)
                case .leftAlone(let file): scan.leftAlone.append(file)
                case .gone: break
                }
            }
        }
        scan.orphans = orphans.sorted { ($0.changed, $0.id.uuidString) < ($1.changed, $1.id.uuidString) }.map(
            \.id)
        let known = Set(scan.live + scan.orphans)
        scan.spoolsOnly = Set(names.compactMap { SpoolName($0)?.recorder }).subtracting(known)
            .sorted { $0.uuidString < $1.uuidString }
        return scan
    }

    private enum Class {
        case live(UUID)
        case orphan(UUID, changed: Int)
        case foreign(RecorderReport)
        case leftAlone(LeftAloneFile)
        case gone
    }

    private func classify(_ name: String, _ owners: FileOwners) -> Class {
        let file = "\(path)/\(name)"
        let named: stat
        do {
            named = try Libc.status(at: file)
        } catch {
            return error.isMissing ? .gone : .leftAlone(.failed("looked at", file, error, owner: nil))
        }
        let owner = named.st_uid
        guard owners.include(owner) else { return .leftAlone(.ofAnotherUser(file, owner: owner)) }
        guard let id = RecorderFiles.id(ofName: name) else {
            return foreign(file, expected: "a name that is a UUID", found: "another name")
        }
        guard Libc.isRegularFile(named) else {
            return foreign(file, expected: "a regular file", found: "something else")
        }
        do {
            return try classify(file, id)
        } catch {
            // Permission, too few descriptors or memory, a disk that fails: nothing of it is the file's fault.
            return error.isMissing ? .gone : .leftAlone(.failed("opened", file, error, owner: owner))
        }
    }

    private func classify(_ file: String, _ id: UUID) throws(Libc.Failure) -> Class {
        // Not blocking and not following: the name may have become that of a pipe or a link.
        let descriptor = try Libc.open(file, O_RDONLY | O_NONBLOCK | O_NOFOLLOW)
        defer { close(descriptor) }
        let status = try Libc.status(of: descriptor)
        // Shared: scans do not disturb each other, and an owner's exclusive lock refuses it.
        let free = try Libc.lock(descriptor, exclusively: false)
        #if canImport(Darwin)
            let changed = status.st_mtimespec.tv_sec
        #else
            let changed = status.st_mtim.tv_sec
        #endif
        return free ? .orphan(id, changed: changed) : .live(id)
    }

    private func foreign(_ file: String, expected: String, found: String) -> Class {
        .foreign(setAside(file, recorder: nil, expected: expected, found: found))
    }

    func setAside(_ file: String, recorder: UUID?, expected: String, found: String) -> RecorderReport {
        let place = try? RecorderFiles.setAside(file)
        return RecorderReport(
            path: file, recorder: recorder, expected: expected, found: found,
            outcome: place.map { .setAside($0) } ?? .leftAlone)
    }

    /// Under its lock, so that a file whose creator is still at work stays.
    private func deleteUnfinished(_ file: String, _ owners: FileOwners) {
        guard let named = try? Libc.status(at: file), owners.include(named.st_uid) else { return }
        guard let descriptor = try? Libc.open(file, O_RDWR | O_NONBLOCK | O_NOFOLLOW) else { return }
        defer { close(descriptor) }
        guard (try? Libc.lock(descriptor, exclusively: true)) == true, Libc.isSameFile(descriptor, file)
        else {
            return
        }
        unlink(file)
    }
}
