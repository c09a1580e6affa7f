#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A policy file's bytes, before they are taken for YAML.
enum PolicyFileBytes {
    /// Longest line that is no comment, in bytes: with the count of brackets it bounds how deep YAML may be nested,
    /// which its parser follows on the stack.
    private static let longestLine = 256
    /// Brackets that open a list or a mapping.
    private static let mostBrackets = 256
    /// What may be an alias: that few cannot blow up, wherever they stand.
    private static let mostAliases = 32

    static func read(_ path: String, atMost limit: Int) throws(PolicyError) -> [UInt8] {
        guard let file = fopen(path, "rb") else { throw unreadable(path) }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while bytes.count <= limit {
            let count = fread(&chunk, 1, chunk.count, file)
            bytes += chunk.prefix(count)
            if count == chunk.count { continue }
            if ferror(file) != 0 { throw unreadable(path) }
            return bytes
        }
        return bytes
    }

    private static func unreadable(_ path: String) -> PolicyError {
        PolicyError(
            file: path, key: "",
            reason: "cannot be read: \(String(cString: strerror(errno))); check --policies-file")
    }

    /// The bytes as text that is safe to hand to a YAML parser.
    static func text(_ bytes: [UInt8], of file: String?) throws(PolicyError) -> String {
        guard bytes.count <= PolicyFile.maximumBytes else {
            throw PolicyError(
                file: file, key: "",
                reason: "expected at most \(PolicyFile.maximumBytes) bytes, got more: this is no policy file")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw PolicyError(file: file, key: "", reason: "expected UTF-8: save the file in that encoding")
        }
        var (brackets, aliases) = (0, 0)
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            func refuse(_ reason: String) -> PolicyError {
                PolicyError(file: file, line: index + 1, key: "", reason: reason)
            }
            let isComment = line.first { $0 != UInt8(ascii: " ") } == UInt8(ascii: "#")
            guard isComment || line.count <= longestLine else {
                throw refuse("expected at most \(longestLine) bytes in a line, got \(line.count)")
            }
            brackets += line.count { $0 == UInt8(ascii: "[") || $0 == UInt8(ascii: "{") }
            guard brackets <= mostBrackets else {
                throw refuse("more than \(mostBrackets) brackets: no setting needs them")
            }
            aliases += zip(line, line.dropFirst()).count {
                $0 == UInt8(ascii: "*") && $1 != UInt8(ascii: " ")
            }
            guard aliases <= mostAliases else { throw refuse("\(PolicyDocument.noAliases)") }
        }
        let mark: Unicode.Scalar = "\u{FEFF}"
        return text.unicodeScalars.first == mark ? String(text.unicodeScalars.dropFirst()) : text
    }
}
