#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The files in which Linux tells about itself, under a root that tests may put elsewhere.
///
/// A file that is not there, may not be read, or is larger than anything that we look for, is one that tells
/// nothing: nil.
final class KernelFiles {
    private static let maximumBytes = 1 << 20

    private let root: String
    private var buffer = [UInt8](repeating: 0, count: 1 << 14)

    init(root: String) {
        self.root = root.hasSuffix("/") ? String(root.dropLast()) : root
    }

    /// Where the file of an absolute path lies. Made once and kept, so that a sample makes no strings.
    func place(_ path: String) -> Place { Place(path: root + path) }

    /// A path under the root.
    struct Place {
        fileprivate let path: String

        /// A path under this one.
        func appending(_ name: String) -> Place { Place(path: path + "/" + name) }
    }

    /// Reads a file from beginning to end and closes it.
    func read<Value>(_ place: Place, _ parse: (KernelText) -> Value?) -> Value? {
        let descriptor = open(place.path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        guard let count = fill(from: descriptor) else { return nil }
        return parse(KernelText(buffer[..<count]))
    }

    /// Whether there is a file.
    func exists(_ place: Place) -> Bool { access(place.path, F_OK) == 0 }

    /// The names in a directory, sorted, without those that begin with a dot; none if it cannot be read.
    func names(in place: Place) -> [String] {
        guard let stream = opendir(place.path) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted()
    }

    private func fill(from descriptor: Int32) -> Int? {
        var count = 0
        while true {
            if count == buffer.count {
                guard count < Self.maximumBytes else { return nil }
                buffer.append(contentsOf: repeatElement(0, count: count))
            }
            let got = buffer.withUnsafeMutableBytes { bytes in
                // Inside the buffer, which is larger than `count` by now.
                Self.read(descriptor, UnsafeMutableRawBufferPointer(rebasing: bytes[count...]))
            }
            if got < 0 { return nil }
            if got == 0 { return count }
            count += got
        }
    }

    private static func read(_ descriptor: Int32, _ bytes: UnsafeMutableRawBufferPointer) -> Int {
        while true {
            #if canImport(Glibc)
                let got = Glibc.read(descriptor, bytes.baseAddress, bytes.count)
            #elseif canImport(Musl)
                let got = Musl.read(descriptor, bytes.baseAddress, bytes.count)
            #else
                let got = Darwin.read(descriptor, bytes.baseAddress, bytes.count)
            #endif
            if got >= 0 || errno != EINTR { return got }
        }
    }
}
