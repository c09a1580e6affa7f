import Foundation
import HyperstepPolicies
import Testing

@Suite("What is written about the policy file")
struct PolicyReferenceTests {
    private static let root = "\(#filePath)".split(separator: "/").dropLast(4).reduce("") { $0 + "/" + $1 }

    private func text(_ path: String) throws -> String {
        try String(contentsOfFile: Self.root + "/" + path, encoding: .utf8)
    }

    @Test("docs/policies.md has every key with its meaning and range")
    func keys() throws {
        let page = try text("docs/policies.md")
        for key in HypertableKey.allCases {
            let row = "| `\(key.name)` | \(key.summary) | \(key.range) |\n"
            #expect(page.contains(row), "\(row)")
        }
        for key in AggregateKey.allCases {
            let row = "| `\(key.name)` | \(key.summary) | \(key.range) |\n"
            #expect(page.contains(row), "\(row)")
        }
    }

    @Test("docs/policies.md has every default, and every column that can be named")
    func defaults() throws {
        let page = try text("docs/policies.md")
        let standard = PolicySet.standard
        for hypertable in Hypertable.allCases {
            let values = HypertableKey.allCases.map { standard[hypertable].text(of: $0) }
            let row = "| `\(hypertable.name)` | \(values.joined(separator: " | ")) |\n"
            #expect(page.contains(row), "\(row)")
            let segmenting = hypertable.columns.filter { [.identity, .integer].contains($0.kind) }
            let columns =
                "| `\(hypertable.name)` | \(segmenting.map { "`\($0.name)`" }.joined(separator: ", ")) |\n"
            #expect(page.contains(columns), "\(columns)")
        }
        for aggregate in Aggregate.allCases {
            let values = AggregateKey.allCases.map { standard[aggregate].text(of: $0) }
            let row = "| `\(aggregate.name)` | \(values.joined(separator: " | ")) |\n"
            #expect(page.contains(row), "\(row)")
        }
    }

    @Test("The file in docs/policies.md is read")
    func example() throws {
        let page = try text("docs/policies.md")
        let yaml = try #require(page.components(separatedBy: "```yaml\n").dropFirst().first)
        let set = try PolicyFile.parse(try #require(yaml.components(separatedBy: "```").first))
        #expect(set[.trainingMetrics].retention == .days(90))
        #expect(set[.trainingMetricsHourly].refreshStart == .hours(90 * 24 - 1))
    }

    @Test("collector/policies.example.yaml has all defaults, commented out")
    func exampleFile() throws {
        let file = try text("collector/policies.example.yaml")
        #expect(try PolicyFile.parse(file) == .standard)
        let commented = PolicySet.standard.yaml.split(separator: "\n").map { "# \($0)\n" }.joined()
        #expect(file.hasSuffix("\n\n" + commented), "\(commented)")
        let head = file.dropLast(commented.count).split(separator: "\n")
        #expect(!head.isEmpty && head.allSatisfy { $0.hasPrefix("#") })
    }
}
