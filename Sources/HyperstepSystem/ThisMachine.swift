#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Which machine this is, among those that see the same files.
enum ThisMachine {
    /// The kernel's name for its present life, the same in all containers on it; "unknown" where it tells none.
    static let boot: String = {
        #if os(Linux)
            var bytes = [UInt8](repeating: 0, count: 64)
            let descriptor = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC)
            let count = descriptor < 0 ? 0 : read(descriptor, &bytes, bytes.count)
            if descriptor >= 0 { close(descriptor) }
            let text = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
        #else
            var text = ""
            var length = 0
            if sysctlbyname("kern.bootsessionuuid", nil, &length, nil, 0) == 0, length > 0 {
                var bytes = [UInt8](repeating: 0, count: length)
                if sysctlbyname("kern.bootsessionuuid", &bytes, &length, nil, 0) == 0 {
                    text = String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
                }
            }
        #endif
        // It becomes a part of a file's name.
        let name = text.lowercased().unicodeScalars.filter { "a"..."z" ~= $0 || "0"..."9" ~= $0 || $0 == "-" }
        return name.isEmpty ? "unknown" : String(String.UnicodeScalarView(name.prefix(64)))
    }()
}
