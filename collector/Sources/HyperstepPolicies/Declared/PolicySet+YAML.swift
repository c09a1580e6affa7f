extension PolicySet {
    /// The value of a key as the policy file has it: `7 days`, `never`, `[model_id, run_id]`.
    public func text(of key: PolicyKey) -> String {
        switch key {
        case .hypertable(let hypertable, let key): self[hypertable].text(of: key)
        case .aggregate(let aggregate, let key): self[aggregate].text(of: key)
        }
    }

    /// All of it as a policy file.
    public var yaml: String {
        var lines = ["\(PolicySection.hypertables):"]
        for hypertable in Hypertable.allCases {
            lines.append("  \(hypertable.name):")
            lines += HypertableKey.allCases.map { "    \($0.name): \(self[hypertable].text(of: $0))" }
        }
        lines.append("\(PolicySection.aggregates):")
        for aggregate in Aggregate.allCases {
            lines.append("  \(aggregate.name):")
            lines += AggregateKey.allCases.map { "    \($0.name): \(self[aggregate].text(of: $0))" }
        }
        return lines.joined(separator: "\n") + "\n"
    }
}

extension HypertablePolicy {
    /// The value of a key as the policy file has it.
    public func text(of key: HypertableKey) -> String {
        switch key {
        case .chunkInterval: chunkInterval.description
        case .compressAfter: compressAfter?.description ?? PolicyWord.never
        case .segmentBy: "[\(segmentBy.joined(separator: ", "))]"
        case .orderBy: "[\(orderBy.map(\.description).joined(separator: ", "))]"
        case .retention: retention?.description ?? PolicyWord.never
        }
    }
}

extension AggregatePolicy {
    /// The value of a key as the policy file has it.
    public func text(of key: AggregateKey) -> String {
        switch key {
        case .bucket: bucket.description
        case .refreshStart: refreshStart?.description ?? PolicyWord.unlimited
        case .refreshEnd: refreshEnd.description
        case .refreshEvery: refreshEvery.description
        case .realTime: String(isRealTime)
        case .compressAfter: compressAfter?.description ?? PolicyWord.never
        case .retention: retention?.description ?? PolicyWord.never
        }
    }
}

extension HypertablePolicy.ChunkInterval: CustomStringConvertible {
    /// As the policy file has it.
    public var description: String {
        switch self {
        case .fixed(let duration): duration.description
        case .auto: PolicyWord.auto
        }
    }
}

/// What stands in the place of a duration.
enum PolicyWord {
    static let auto = "auto"
    static let never = "never"
    static let unlimited = "unlimited"
}
