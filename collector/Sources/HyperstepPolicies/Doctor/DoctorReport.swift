/// All that `doctor` found.
public struct DoctorReport: Sendable, Equatable {
    /// In the order of the checks.
    public var findings: [Finding]

    /// A report.
    public init(_ findings: [Finding]) { self.findings = findings }

    /// Whether nothing is worse than a warning.
    public var isHealthy: Bool { findings.allSatisfy { $0.level < .error } }

    /// One line a finding, what is worst last, and a summary; long lines are not broken, so that they can be searched.
    public var text: String {
        let width = Finding.Level.allCases.map(\.rawValue.count).max() ?? 0
        var lines: [String] = []
        for level in Finding.Level.allCases {
            for finding in findings where finding.level == level {
                let word = level.rawValue + String(repeating: " ", count: width - level.rawValue.count)
                let remedy = finding.remedy.map { ": \($0)" } ?? ""
                lines.append("\(word)  \(finding.check): \(finding.what)\(remedy)")
            }
        }
        return (lines + [summary]).joined(separator: "\n")
    }

    private var summary: String {
        let counts = Finding.Level.allCases.reversed().compactMap { level -> String? in
            let count = findings.filter { $0.level == level }.count
            guard count > 0 else { return nil }
            return level == .ok ? "\(count) ok" : "\(count) \(level.rawValue)\(count == 1 ? "" : "s")"
        }
        return counts.joined(separator: ", ")
    }

    /// One line of JSON; its keys are in `docs/operations.md`.
    public var json: String {
        JSONText.object([
            ("healthy", .bool(isHealthy)),
            (
                "findings",
                .array(
                    findings.map {
                        .object([
                            ("level", .string($0.level.rawValue)), ("check", .string($0.check)),
                            ("what", .string($0.what)), ("remedy", .orNull($0.remedy) { .string($0) }),
                        ])
                    })
            ),
        ]).description
    }
}
