#if canImport(Glibc)
    public import Glibc
#elseif canImport(Musl)
    public import Musl
#elseif canImport(Darwin)
    public import Darwin
#endif

/// A program of this package, run for a test.
public struct ChildProcess {
    /// Its process id.
    public let id: pid_t

    /// Runs a program that lies beside the running tests.
    public init(_ name: String, _ arguments: [String]) throws {
        let path = Self.productsFolder + "/" + name
        var words: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) }
        words.append(nil)
        defer { words.forEach { free($0) } }
        var id: pid_t = 0
        let code = posix_spawn(&id, path, nil, nil, &words, environ)
        guard code == 0 else { throw ChildFailure(code: code) }
        self.id = id
    }

    /// Ends it with a signal that it cannot see coming, and waits until it is gone. Its wait status.
    @discardableResult
    public func kill() -> Int32 {
        #if canImport(Glibc)
            Glibc.kill(id, SIGKILL)
        #elseif canImport(Musl)
            Musl.kill(id, SIGKILL)
        #else
            Darwin.kill(id, SIGKILL)
        #endif
        var status: Int32 = 0
        while waitpid(id, &status, 0) == -1 && errno == EINTR {}
        return status
    }

    /// Whether it has ended by itself. It stays to be waited for, so that its number is nobody else's before
    /// ``kill()``.
    public var hasEnded: Bool {
        var information = siginfo_t()
        let code = waitid(P_PID, id_t(id), &information, WEXITED | WNOHANG | WNOWAIT)
        return code != 0 || information.si_signo != 0
    }

    private static let productsFolder: String = {
        #if canImport(Darwin)
            var information = Dl_info()
            dladdr(#dsohandle, &information)
            // X.xctest/Contents/MacOS/X
            let path = String(cString: information.dli_fname)
            return path.split(separator: "/").dropLast(4).reduce("") { $0 + "/" + $1 }
        #else
            var buffer = [CChar](repeating: 0, count: 4_096)
            let length = readlink("/proc/self/exe", &buffer, buffer.count)
            let path = String(
                decoding: buffer[..<max(0, length)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
            return path.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 }
        #endif
    }()
}

/// A child, or what it shares with its test, could not be made.
public struct ChildFailure: Error {
    /// The system's error number.
    public let code: Int32
}
