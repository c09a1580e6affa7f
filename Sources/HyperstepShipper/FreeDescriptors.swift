import Dispatch

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Whether the process has descriptors left for an event loop.
///
/// SwiftNIO and Dispatch end the process where they find none when they begin. So it is looked first, with some to
/// spare: other threads may open files in between.
enum FreeDescriptors {
    /// An event loop takes three, Dispatch's timers three, a connection one or two.
    private static let needed = 16

    /// - Throws: ``TooFewDescriptors`` where there are not enough.
    static func check() throws(TooFewDescriptors) {
        var open: [Int32] = []
        defer { for descriptor in open { _ = close(descriptor) } }
        while open.count < needed {
            // There is always a root, and opening it waits for nothing.
            let descriptor = openRoot()
            guard descriptor >= 0 else {
                if errno == EINTR { continue }
                throw TooFewDescriptors(free: open.count, needed: needed)
            }
            open.append(descriptor)
        }
        for descriptor in open { _ = close(descriptor) }
        open = []
        Self.startTimers
    }

    /// Dispatch takes the descriptors of its timers with the first one, and ends the process where there is none: now, and
    /// not when the program has opened all its files.
    private static let startTimers: Void = {
        let fired = DispatchSemaphore(value: 0)
        DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(1)) { fired.signal() }
        _ = fired.wait(timeout: .now() + .seconds(1))
    }()

    private static func openRoot() -> Int32 {
        #if canImport(Glibc)
            Glibc.open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        #elseif canImport(Musl)
            Musl.open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        #else
            Darwin.open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        #endif
    }
}

/// The process has too few file descriptors left to send anything.
public struct TooFewDescriptors: Error, CustomStringConvertible {
    /// Those that are free.
    public let free: Int
    /// Those that are needed at the start.
    public let needed: Int

    /// What a person reads.
    public var description: String { "only \(free) file descriptors are free, and \(needed) are needed" }
}
