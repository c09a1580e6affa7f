import Yams

/// A policy file as YAML's tree, with the keys that stand in it more than once.
struct PolicyDocument {
    /// nil for a file that holds nothing.
    private(set) var root: Node?
    /// Keys that were given again later, by the name that they have in the tree instead.
    private(set) var repeated: [String: String] = [:]
    /// Nodes hold their anchors weakly.
    private var parser: Parser?

    /// Each costs a pass over the file.
    private static let mostRepeated = 20

    static let noAliases = "anchors and aliases (& and *) are not read here: write the value out"

    init(_ text: String, file: String?) throws(PolicyError) {
        // The YAML parser stops at the first mapping with a key that is given twice. To report all of them, and
        // what else there is, the earlier key gets another name in place and the text is parsed again.
        var text = text
        while true {
            do {
                let parser = try Parser(yaml: text, encoding: .utf8)
                root = try parser.singleRoot()
                self.parser = parser
                return
            } catch YamlError.duplicatedKeysInMapping(let names, let context) {
                let substitute = "repeated.key.\(repeated.count)"
                let name = names.first { text.replace($0, at: context.mark, with: substitute) }
                guard let name, repeated.count < Self.mostRepeated else {
                    throw PolicyError(
                        file: file, line: context.mark.line, key: PolicyText.bare(names.first ?? ""),
                        reason: "given more than once: keep one")
                }
                repeated[substitute] = name
            } catch {
                throw Self.error(error, file: file)
            }
        }
    }

    private static func error(_ error: any Error, file: String?) -> PolicyError {
        let (line, problem): (Int?, String) =
            switch error {
            case YamlError.scanner(_, let problem, let mark, let yaml): (mark.line, hint(problem, mark, yaml))
            case YamlError.parser(_, let problem, let mark, let yaml): (mark.line, hint(problem, mark, yaml))
            case YamlError.composer(let context, let problem, let mark, _):
                context == nil
                    ? (mark.line, problem)
                    : (mark.line, "expected one document, another one begins here: take out the line ---")
            case YamlError.reader(let problem, let offset, _, let yaml):
                (offset.map { yaml.prefix($0).count(where: \.isNewline) + 1 }, problem)
            default: (nil, "it cannot be parsed")
            }
        return PolicyError(file: file, line: line, key: "", reason: "expected YAML: \(problem)")
    }

    private static func hint(_ problem: String, _ mark: Mark, _ yaml: String) -> String {
        let lines = yaml.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        guard lines.indices.contains(mark.line - 1),
            lines[mark.line - 1].prefix(while: \.isWhitespace).contains("\t")
        else { return problem }
        return "a tab cannot indent a line: use spaces"
    }
}

extension String {
    /// Puts `new` in the place of the key `old`, if that is what stands at `mark`.
    fileprivate mutating func replace(_ old: String, at mark: Mark, with new: String) -> Bool {
        var lines = unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map(Array.init)
        guard lines.indices.contains(mark.line - 1), lines[mark.line - 1].indices.contains(mark.column - 1)
        else { return false }
        let start = mark.column - 1
        for form in [old, "\"\(old)\"", "'\(old)'"]
        where lines[mark.line - 1][start...].starts(with: form.unicodeScalars) {
            lines[mark.line - 1].replaceSubrange(
                start..<start + form.unicodeScalars.count, with: new.unicodeScalars)
            var joined = UnicodeScalarView()
            joined.append(contentsOf: lines.joined(separator: ["\n"]))
            self = String(joined)
            return true
        }
        return false
    }
}
