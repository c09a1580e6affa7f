import SampleData
import Testing

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

@Suite("docs/queries.md")
struct DocumentTests {
    @Test("Quotes every file of collector/queries as it is, and no other SQL")
    func quotes() throws {
        let page = try String(contentsOfFile: QuestionSQL.root + "/docs/queries.md", encoding: .utf8)
        let quoted = page.split(separator: "\n```sql\n").dropFirst().map { block in
            (block.split(separator: "\n```\n", omittingEmptySubsequences: false).first.map(String.init) ?? "")
                + "\n"
        }
        let names = try QuestionSQL.names()
        let files = try names.map(QuestionSQL.text)
        #expect(Set(quoted) == Set(files))
        #expect(quoted.count == files.count)
        for name in names {
            #expect(page.contains("](../collector/queries/\(name).sql)"), "\(name) is not linked")
        }
    }

    @Test("Each question about rows has a time filter that TimescaleDB understands while it plans")
    func timeFilters() throws {
        for name in try QuestionSQL.names() where name != "sizes" {
            let filters = try QuestionSQL.text(name).split(separator: "\n").filter {
                $0.contains(" >= now() - INTERVAL ")
            }
            #expect(!filters.isEmpty, "\(name)")
        }
    }
}
