import Yams

/// Goes through a policy file's tree and gathers what it declares and what is wrong with it.
struct PolicyFileReading {
    private let document: PolicyDocument
    private let file: String?
    private var set = PolicySet.standard
    private var errors: [PolicyError] = []
    /// Where each key stands.
    private var lines: [PolicyKey: Int] = [:]
    /// Keys of which it is not known what they were meant to be: no rule is held against them.
    private var unknown: Set<PolicyKey> = []

    init(_ document: PolicyDocument, file: String?) {
        self.document = document
        self.file = file
    }

    /// What the file declares.
    mutating func policies() throws(PolicyErrors) -> PolicySet {
        if let root = document.root { readRoot(root) }
        for aggregate in Aggregate.allCases where lines[.aggregate(aggregate, .refreshStart)] == nil {
            let start = set.standardRefreshStart(of: aggregate)
            set.aggregates[aggregate]?.refreshStart = start
        }
        for violation in set.violations where !violation.keys.contains(where: unknown.contains) {
            // The key to change is one that the file gives: what it leaves out is sound by itself.
            let key = violation.keys.first { lines[$0] != nil } ?? violation.keys[0]
            report(key.description, lines[key], violation.reason)
        }
        if !errors.isEmpty { throw PolicyErrors(errors) }
        return set
    }

    private mutating func report(_ key: String, _ line: Int?, _ reason: String) {
        errors.append(PolicyError(file: file, line: line, key: key, reason: reason))
    }

    private mutating func readRoot(_ root: Node) {
        for entry in entries(of: root, at: "", line: 1) {
            guard let section = PolicySection(rawValue: entry.name) else {
                unknownName(entry, "", PolicySection.allCases.map(\.rawValue))
                continue
            }
            for relation in entries(of: entry.value, at: entry.name, line: entry.line) {
                switch section {
                case .hypertables: readHypertable(relation)
                case .aggregates: readAggregate(relation)
                }
            }
        }
    }

    private mutating func readHypertable(_ entry: Entry) {
        guard let hypertable = Hypertable(rawValue: entry.name) else {
            let note = Aggregate(rawValue: entry.name).map {
                "\($0.name) is an aggregate: put it below aggregates"
            }
            return unknownName(entry, "hypertables.", Hypertable.allCases.map(\.name), note)
        }
        let path = "hypertables.\(hypertable.name)"
        for entry in entries(of: entry.value, at: path, line: entry.line) {
            guard let name = HypertableKey(rawValue: entry.name) else {
                unknownName(entry, path + ".", HypertableKey.allCases.map(\.name))
                continue
            }
            let key = PolicyKey.hypertable(hypertable, name)
            lines[key] = entry.line
            if let reason = set.hypertables[hypertable]?.read(name, PolicyValue(entry.value)) {
                unknown.insert(key)
                report(key.description, entry.line, reason)
            }
        }
    }

    private mutating func readAggregate(_ entry: Entry) {
        guard let aggregate = Aggregate(rawValue: entry.name) else {
            let note = Hypertable(rawValue: entry.name).map {
                "\($0.name) is a hypertable: put it below hypertables"
            }
            return unknownName(entry, "aggregates.", Aggregate.allCases.map(\.name), note)
        }
        let path = "aggregates.\(aggregate.name)"
        for entry in entries(of: entry.value, at: path, line: entry.line) {
            guard let name = AggregateKey(rawValue: entry.name) else {
                unknownName(entry, path + ".", AggregateKey.allCases.map(\.name))
                continue
            }
            let key = PolicyKey.aggregate(aggregate, name)
            lines[key] = entry.line
            if let reason = set.aggregates[aggregate]?.read(name, PolicyValue(entry.value)) {
                unknown.insert(key)
                report(key.description, entry.line, reason)
            }
        }
    }

    private mutating func unknownName(
        _ entry: Entry, _ path: String, _ names: [String], _ note: String? = nil
    ) {
        // Comparing names takes time, and who reads that many?
        guard errors.count < PolicyErrors.limit else { return report("", entry.line, "") }
        let nearest = Spelling.nearest(to: entry.name, in: names) ?? ""
        let known = names.joined(separator: ", ")
        report(
            path + PolicyText.bare(entry.name), entry.line,
            note ?? "not known; the nearest is \(nearest) (expected one of \(known))")
    }
}

extension PolicyFileReading {
    private struct Entry {
        let name: String
        let line: Int
        let value: Node
    }

    /// What stands below a key. A key that stands there twice is reported, and its last value holds.
    private mutating func entries(of node: Node, at path: String, line: Int) -> [Entry] {
        guard case .mapping(let mapping) = node, mapping.anchor == nil else {
            let value = PolicyValue(node)
            if value != .nothing {
                report(path, line, "expected names with a colon and more below them, got \(value)")
            }
            return []
        }
        let prefix = path.isEmpty ? "" : path + "."
        var entries: [Entry] = []
        var earlier: [String: [Int]] = [:]
        for (key, value) in mapping {
            let keyLine = key.mark?.line ?? line
            guard case .scalar(let scalar) = key, scalar.anchor == nil else {
                report(path, keyLine, "expected a name before the colon, got \(PolicyValue(key))")
                continue
            }
            if let name = document.repeated[scalar.string] {
                earlier[name, default: []].append(keyLine)
            } else {
                entries.append(Entry(name: scalar.string, line: keyLine, value: value))
            }
        }
        for entry in entries {
            guard let lines = earlier[entry.name] else { continue }
            let places = lines.map { "line \($0)" }.joined(separator: " and ")
            report(
                prefix + PolicyText.bare(entry.name), entry.line,
                "given already in \(places): keep one of them")
        }
        return entries
    }
}
