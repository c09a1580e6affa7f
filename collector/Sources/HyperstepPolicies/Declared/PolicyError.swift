/// One thing that is wrong with what is declared.
public struct PolicyError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The policy file; nil for policies made in code.
    public let file: String?
    /// The line in it, counted from 1; nil where no one line is at fault.
    public let line: Int?
    /// The path of the key, as `aggregates.training_metrics_hourly.refresh_start`; empty for the file as a whole.
    public let key: String
    /// What was expected, what came, and what to do.
    public let reason: String

    init(file: String? = nil, line: Int? = nil, key: String, reason: String) {
        self.file = file
        self.line = line
        self.key = key
        self.reason = reason
    }

    /// One line: `policies.yaml:12: aggregates.training_metrics_hourly.refresh_start: …`.
    public var description: String {
        let place = [file, line.map(String.init)].compactMap { $0 }.joined(separator: ":")
        return [place, key, reason].filter { !$0.isEmpty }.joined(separator: ": ")
    }
}

/// All that is wrong with what is declared, in the order of the file's lines.
public struct PolicyErrors: Error, Sendable, Equatable, CustomStringConvertible {
    /// At least one, and at most ``limit``.
    public let errors: [PolicyError]
    /// How many more there are.
    public let omitted: Int

    /// As many as a person reads.
    public static let limit = 100

    init(_ errors: [PolicyError]) {
        let sorted = errors.enumerated().sorted {
            ($0.element.line ?? 0, $0.offset) < ($1.element.line ?? 0, $1.offset)
        }
        self.errors = sorted.prefix(Self.limit).map(\.element)
        omitted = max(0, errors.count - Self.limit)
    }

    /// One line for each.
    public var description: String {
        let lines = errors.map(\.description)
        return (omitted == 0 ? lines : lines + ["and \(omitted) more"]).joined(separator: "\n")
    }
}
