import Yams

/// What stands after a key's colon.
enum PolicyValue: Equatable, CustomStringConvertible {
    case nothing
    case text(String)
    case list([PolicyValue])
    case mapping
    case reference

    init(_ node: Node) {
        switch node {
        case .scalar(let scalar) where scalar.anchor == nil:
            let isPlain = scalar.style == .plain || scalar.style == .any
            self = isPlain && ["", "~", "null"].contains(scalar.string) ? .nothing : .text(scalar.string)
        case .sequence(let sequence) where sequence.anchor == nil:
            self = .list(sequence.map { if case .sequence = $0 { .list([]) } else { PolicyValue($0) } })
        case .mapping(let mapping) where mapping.anchor == nil: self = .mapping
        default: self = .reference
        }
    }

    /// As an error says what came.
    var description: String {
        switch self {
        case .nothing: "nothing"
        case .text(let text): PolicyText.quoted(text)
        case .list: "a list"
        case .mapping: "names with a colon"
        case .reference: "an alias or an anchor; \(PolicyDocument.noAliases)"
        }
    }
}

extension HypertablePolicy {
    /// Takes over what the file says of a key, or returns why it cannot.
    mutating func read(_ key: HypertableKey, _ value: PolicyValue) -> String? {
        switch key {
        case .chunkInterval:
            value.duration(or: PolicyWord.auto) { chunkInterval = $0.map(ChunkInterval.fixed) ?? .auto }
        case .compressAfter: value.duration(or: PolicyWord.never) { compressAfter = $0 }
        case .segmentBy:
            value.list("[model_id, run_id]", { segmentBy = $0 }) {
                $0.contains(where: \.isWhitespace) ? nil : $0
            }
        case .orderBy: value.list("[time desc]", { orderBy = $0 }) { OrderColumn(policyText: $0) }
        case .retention: value.duration(or: PolicyWord.never) { retention = $0 }
        }
    }
}

extension AggregatePolicy {
    /// Takes over what the file says of a key, or returns why it cannot.
    mutating func read(_ key: AggregateKey, _ value: PolicyValue) -> String? {
        switch key {
        case .bucket: value.duration { bucket = $0 }
        case .refreshStart: value.duration(or: PolicyWord.unlimited) { refreshStart = $0 }
        case .refreshEnd: value.duration { refreshEnd = $0 }
        case .refreshEvery: value.duration { refreshEvery = $0 }
        case .realTime: value.truth { isRealTime = $0 }
        case .compressAfter: value.duration(or: PolicyWord.never) { compressAfter = $0 }
        case .retention: value.duration(or: PolicyWord.never) { retention = $0 }
        }
    }
}

extension PolicyValue {
    fileprivate func duration(or word: String? = nil, _ take: (PolicyDuration?) -> Void) -> String? {
        if case .text(let text) = self, text == word || PolicyDuration(text) != nil {
            take(PolicyDuration(text))
            return nil
        }
        let words = word.map { ", or \($0)" } ?? ""
        return """
            expected a duration such as 90 minutes or 7 days\(words), got \(self): write a whole number of at least 1 \
            and second, minute, hour, day or week, at most 100 years
            """
    }

    fileprivate func duration(_ take: (PolicyDuration) -> Void) -> String? {
        duration(or: nil) { if let duration = $0 { take(duration) } }
    }

    fileprivate func truth(_ take: (Bool) -> Void) -> String? {
        guard case .text(let text) = self, let value = Bool(text) else {
            return "expected true or false, got \(self)"
        }
        take(value)
        return nil
    }

    fileprivate func list<Element>(
        _ example: String, _ take: ([Element]) -> Void, _ element: (String) -> Element?
    ) -> String? {
        guard case .list(let values) = self else { return "expected a list such as \(example), got \(self)" }
        var elements: [Element] = []
        for value in values {
            guard case .text(let text) = value, let read = element(text) else {
                return "expected a list such as \(example), got \(value) in it"
            }
            elements.append(read)
        }
        take(elements)
        return nil
    }
}

extension OrderColumn {
    /// Reads `time`, `time asc` or `time desc`.
    fileprivate init?(policyText text: String) {
        let words = text.split(whereSeparator: \.isWhitespace)
        guard words.count == 1 || words.count == 2 && ["asc", "desc"].contains(words[1]) else { return nil }
        self.init(String(words[0]), descending: words.last == "desc" && words.count == 2)
    }
}
