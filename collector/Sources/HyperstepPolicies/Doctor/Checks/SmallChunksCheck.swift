/// Whether many chunks hold so little that they cost more than they are good for.
struct SmallChunksCheck: Sendable {
    var relation: String
    /// Rows of each complete chunk.
    var rows: [Double]
    /// What to do about the interval, if anything is advised.
    var advised: PolicyDuration?

    /// 1 % of the least that a chunk should hold.
    static let small = ChunkAdvice.goodRows.lowerBound / 100
    /// Fewer than this do no harm.
    static let many = 100

    var findings: [Finding] {
        let small = rows.filter { $0 < Self.small }.count
        guard small >= Self.many, small * 2 > rows.count else { return [] }
        return [
            Finding(
                .warning, "small-chunks",
                "\(small) of \(rows.count) chunks of \(relation) hold fewer than \(Quantity.count(Self.small)) rows each",
                remedy: "declare chunk_interval: "
                    + (advised.map { "\($0), or auto" } ?? "auto, or a longer one; it holds for new chunks"))
        ]
    }
}
