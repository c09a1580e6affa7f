import HyperstepWire

/// Reads a column row by row, from any row on.
struct ColumnCursor<Element: ColumnElement> {
    private let column: Column<Element>
    private var row: Int
    private var place: Int

    /// Begins at `row`.
    init(_ column: Column<Element>, from row: Int) {
        self.column = column
        self.row = row
        place = column.valueCount(before: row)
    }

    /// The value of the row that it stands at, nil where it has none; then goes to the next.
    mutating func next() -> Element? {
        defer { row += 1 }
        guard column.isPresent(row) else { return nil }
        defer { place += 1 }
        return column.values[place]
    }
}

extension Column {
    /// How many of the rows before `row` have a value: where that row's value stands, if it has one.
    func valueCount(before row: Int) -> Int {
        if isAbsent { return 0 }
        if presence.isEmpty { return row }
        let bits = presence.prefix(row / 8).reduce(0) { $0 + $1.nonzeroBitCount }
        let rest = row % 8
        return rest == 0 ? bits : bits + (presence[row / 8] & ((1 << UInt8(rest)) - 1)).nonzeroBitCount
    }
}
