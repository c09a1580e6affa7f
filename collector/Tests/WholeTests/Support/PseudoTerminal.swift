import Foundation

/// A terminal of which a program sees one end and the test types at the other.
final class PseudoTerminal {
    private let keyboard: FileHandle
    /// What the program takes for its terminal.
    let program: FileHandle

    init() throws {
        let master = open("/dev/ptmx", O_RDWR | O_NOCTTY)
        guard master >= 0 else { throw POSIXError(.EIO) }
        keyboard = FileHandle(fileDescriptor: master, closeOnDealloc: true)
        let slave = open(try Self.name(of: master), O_RDWR | O_NOCTTY)
        guard slave >= 0 else { throw POSIXError(.EIO) }
        program = FileHandle(fileDescriptor: slave, closeOnDealloc: true)
    }

    func type(_ line: String) { keyboard.write(Data((line + "\n").utf8)) }

    private static func name(of master: Int32) throws -> String {
        #if canImport(Darwin)
            guard grantpt(master) == 0, unlockpt(master) == 0, let name = ptsname(master) else {
                throw POSIXError(.EIO)
            }
            return String(cString: name)
        #else
            // What unlockpt and ptsname do, which Swift does not see: TIOCSPTLCK and TIOCGPTN.
            var (lock, number) = (Int32(0), UInt32(0))
            guard ioctl(master, 0x4004_5431, &lock) == 0, ioctl(master, 0x8004_5430, &number) == 0 else {
                throw POSIXError(.EIO)
            }
            return "/dev/pts/\(number)"
        #endif
    }
}
