#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The SQL of docs/queries.md, from the checkout that this was built in.
public enum QuestionSQL {
    /// The checkout.
    public static let root = "\(#filePath)".split(separator: "/").dropLast(4).reduce("") { $0 + "/" + $1 }
    /// Where its files are.
    public static let folder = root + "/collector/queries/"

    /// The names of the files, without `.sql`.
    public static func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".sql") }
            .map { String($0.dropLast(4)) }.sorted()
    }

    /// A file as it is.
    public static func text(_ name: String) throws -> String {
        try String(contentsOfFile: folder + name + ".sql", encoding: .utf8)
    }

    /// Its statement, each variable replaced by a quoted literal, as psql does with `-v model=…`.
    public static func text(_ name: String, _ variables: [String: String]) throws -> String {
        let statement = try text(name).split(separator: "\n").filter { !$0.hasPrefix("--") }
            .joined(separator: "\n").replacing(";", with: "")
        return variables.reduce(statement) { sql, variable in
            sql.replacing(":'\(variable.key)'", with: "'\(variable.value)'")
        }
    }
}
