import Foundation

/// A page of `docs/`, whose commands tests run as they stand there.
///
/// Each block of shell commands or SQL has a name, which follows the language where the block begins: "```sh dump". A
/// reader of the page does not see it.
struct DocumentPage {
    /// The file's name.
    let name: String
    /// What the blocks hold, by name, without the indentation of the list that they stand in.
    private(set) var blocks: [String: String] = [:]
    /// The first lines of blocks of commands that have no name, or that of another block.
    private(set) var nameless: [String] = []

    /// The checkout that this was built in.
    private static let root = URL(filePath: #filePath).pathComponents.dropLast(5).joined(separator: "/")

    init(_ name: String) throws {
        self.name = name
        let text = try String(contentsOfFile: Self.root + "/docs/" + name, encoding: .utf8)
        var open: (words: [Substring], indentation: Int, lines: [Substring])?
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            let trimmed = line.drop { $0 == " " }
            let indentation = line.count - trimmed.count
            guard let block = open else {
                if trimmed.hasPrefix("```") {
                    open = (trimmed.dropFirst(3).split(separator: " "), indentation, [])
                }
                continue
            }
            guard trimmed == "```" else {
                open?.lines.append(line.dropFirst(min(block.indentation, indentation)))
                continue
            }
            add(block.words, block.lines)
            open = nil
        }
    }

    private mutating func add(_ words: [Substring], _ lines: [Substring]) {
        guard let language = words.first, ["sh", "sql"].contains(language) else { return }
        guard words.count == 2, blocks[String(words[1])] == nil else {
            nameless.append(String(lines.first ?? ""))
            return
        }
        blocks[String(words[1])] = lines.joined(separator: "\n") + "\n"
    }

    /// A block; an error where the page does not have it any more.
    func block(_ name: String) throws -> String {
        guard let block = blocks[name] else {
            throw Missing(description: "docs/\(self.name) has no block named \(name)")
        }
        return block
    }

    struct Missing: Error, CustomStringConvertible { let description: String }
}
