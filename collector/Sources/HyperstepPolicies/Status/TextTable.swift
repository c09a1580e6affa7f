/// Columns for a terminal: as wide as what stands in them, numbers to the right.
struct TextTable {
    /// A column's title, and to which side it is aligned.
    struct Column {
        var title: String
        var isNumber: Bool
        init(_ title: String, number: Bool = false) {
            self.title = title
            isNumber = number
        }
    }

    var columns: [Column]
    var rows: [[String]] = []

    init(_ columns: [Column]) { self.columns = columns }

    /// Lines without blanks at their ends.
    var lines: [String] {
        let widths = columns.indices.map { index in
            ([columns[index].title] + rows.map { $0[index] }).map(\.count).max() ?? 0
        }
        return ([columns.map(\.title)] + rows).map { row in
            var line = ""
            for (index, cell) in row.enumerated() {
                let blanks = String(repeating: " ", count: widths[index] - cell.count)
                line += (index == 0 ? "" : "  ") + (columns[index].isNumber ? blanks + cell : cell + blanks)
            }
            return String(line.reversed().drop { $0 == " " }.reversed())
        }
    }
}

/// Breaks sentences at blanks, for a terminal.
enum TextWrap {
    /// - Parameters:
    ///   - first: stands before the first line.
    ///   - rest: stands before each other line.
    static func lines(_ text: String, width: Int = 120, first: String = "", rest: String = "") -> [String] {
        var lines: [String] = []
        var line = first
        var isFresh = true
        for word in text.split(whereSeparator: \.isWhitespace) {
            if !isFresh, line.count + 1 + word.count > width {
                lines.append(line)
                line = rest
                isFresh = true
            }
            line += (isFresh ? "" : " ") + word
            isFresh = false
        }
        return lines + [line]
    }
}
