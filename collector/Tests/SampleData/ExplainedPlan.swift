#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What `EXPLAIN (ANALYZE, FORMAT JSON)` says, as far as it is of interest.
public struct ExplainedPlan: Decodable, Sendable {
    let plan: Node
    /// Milliseconds.
    public let planning: Double?

    enum CodingKeys: String, CodingKey {
        case plan = "Plan"
        case planning = "Planning Time"
    }

    struct Node: Decodable, Sendable {
        let relation: String?
        let loops: Double?
        let children: [Node]?

        enum CodingKeys: String, CodingKey {
            case relation = "Relation Name"
            case loops = "Actual Loops"
            case children = "Plans"
        }

        var scanned: Set<String> {
            let below = (children ?? []).reduce(into: Set<String>()) { $0.formUnion($1.scanned) }
            guard let relation, loops ?? 0 > 0 else { return below }
            return below.union([relation])
        }
    }

    /// Reads EXPLAIN's answer.
    public init(json: String) throws {
        guard let first = try JSONDecoder().decode([ExplainedPlan].self, from: Data(json.utf8)).first else {
            throw DecodingError.valueNotFound(
                ExplainedPlan.self, .init(codingPath: [], debugDescription: "EXPLAIN gave no plan"))
        }
        self = first
    }

    /// The relations that were read; those that a plan names and never gets to (`never executed`) are not.
    public var scanned: Set<String> { plan.scanned }
}
