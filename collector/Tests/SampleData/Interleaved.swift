/// The rows of several sources side by side: minute by minute, in each minute one source after the other, as batches
/// reach a collector.
struct Interleaved<Source, Rows: IteratorProtocol>: Sequence, IteratorProtocol {
    private static var window: Int64 { 60_000_000_000 }

    private let sources: [Source]
    private let time: (Rows.Element) -> Int64
    private var rows: [Rows]
    /// The next row of each source.
    private var heads: [Rows.Element?]
    private var end: Int64
    private var current = 0

    init(
        _ sources: [Source], from begin: Int64, _ rows: (Source) -> Rows,
        time: @escaping (Rows.Element) -> Int64
    ) {
        self.sources = sources
        self.time = time
        var iterators = sources.map(rows)
        heads = iterators.indices.map { iterators[$0].next() }
        self.rows = iterators
        end = begin + Self.window
    }

    mutating func next() -> (Source, Rows.Element)? {
        while true {
            while current < heads.count {
                if let head = heads[current], time(head) < end {
                    heads[current] = rows[current].next()
                    return (sources[current], head)
                }
                current += 1
            }
            guard let earliest = heads.compactMap({ $0.map(time) }).min() else { return nil }
            end = Swift.max(end + Self.window, earliest + 1)
            current = 0
        }
    }
}
