#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The physical memory that a process has, in bytes, as Linux tells of it.
struct ResidentMemory {
    /// All of it: the three below.
    var total = 0
    /// Of no file: heap and stacks.
    var anonymous = 0
    /// Of files that it has mapped: programs, libraries, and recorders on a disk.
    var files = 0
    /// Of mapped files that are on no disk (recorders in a tmpfs), and other memory that can be shared.
    var shared = 0
    /// The most that `total` ever was.
    var peak = 0

    /// This process's; nil where the system has no `/proc`. It allocates no more than it must: it is in what it measures.
    static func now() -> ResidentMemory? {
        let descriptor = open("/proc/self/status", O_RDONLY)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 8_192)
        let count = read(descriptor, &bytes, bytes.count)
        guard count > 0 else { return nil }
        var memory = ResidentMemory()
        for line in bytes[..<count].split(separator: UInt8(ascii: "\n")) {
            // As "VmRSS:     12345 kB".
            let number = line.reduce(0) { number, byte in
                (0x30...0x39).contains(byte) ? number * 10 + Int(byte - 0x30) : number
            }
            for (name, field) in fields where line.starts(with: name.utf8) {
                memory[keyPath: field] = number * 1_024
            }
        }
        return memory.total > 0 ? memory : nil
    }

    private static var fields: [(String, WritableKeyPath<ResidentMemory, Int>)] {
        [
            ("VmRSS:", \.total), ("RssAnon:", \.anonymous), ("RssFile:", \.files), ("RssShmem:", \.shared),
            ("VmHWM:", \.peak),
        ]
    }

    /// To another process and back.
    var line: String { Self.fields.map { "\(self[keyPath: $0.1])" }.joined(separator: " ") }

    init() {}

    init?(line: String) {
        let numbers = line.split(separator: " ").compactMap { Int($0) }
        guard numbers.count == Self.fields.count else { return nil }
        for (number, field) in zip(numbers, Self.fields) { self[keyPath: field.1] = number }
    }

    /// What the parts are.
    var parts: String {
        "\(Self.megabytes(anonymous)) of no file, \(Self.megabytes(files)) of files, \(Self.megabytes(shared)) shared; "
            + "peak \(Self.megabytes(peak))"
    }

    static func - (left: ResidentMemory, right: ResidentMemory) -> ResidentMemory {
        var difference = left
        for (_, field) in fields { difference[keyPath: field] -= right[keyPath: field] }
        return difference
    }

    /// 10^6 bytes.
    static func megabytes(_ bytes: Int) -> String { Measurement.number(Double(bytes) / 1e6) }
}
