/// A matrix of floats, row after row.
struct Matrix: Sendable, Equatable {
    let rows: Int
    let columns: Int
    var values: [Float]

    init(rows: Int, columns: Int) {
        self.rows = rows
        self.columns = columns
        values = Array(repeating: 0, count: rows * columns)
    }

    subscript(row: Int, column: Int) -> Float {
        get { values[row * columns + column] }
        set { values[row * columns + column] = newValue }
    }

    /// `self · other`
    func times(_ other: Matrix) -> Matrix {
        precondition(columns == other.rows)
        var product = Matrix(rows: rows, columns: other.columns)
        for row in 0..<rows {
            for inner in 0..<columns {
                product.add(self[row, inner], timesRow: inner, of: other, toRow: row)
            }
        }
        return product
    }

    /// `selfᵀ · other`
    func transposedTimes(_ other: Matrix) -> Matrix {
        precondition(rows == other.rows)
        var product = Matrix(rows: columns, columns: other.columns)
        for inner in 0..<rows {
            for row in 0..<columns {
                product.add(self[inner, row], timesRow: inner, of: other, toRow: row)
            }
        }
        return product
    }

    /// `self · otherᵀ`
    func timesTransposed(_ other: Matrix) -> Matrix {
        precondition(columns == other.columns)
        var product = Matrix(rows: rows, columns: other.rows)
        for row in 0..<rows {
            for column in 0..<other.rows {
                var sum: Float = 0
                for inner in 0..<columns {
                    sum += self[row, inner] * other[column, inner]
                }
                product[row, column] = sum
            }
        }
        return product
    }

    private mutating func add(_ factor: Float, timesRow source: Int, of other: Matrix, toRow target: Int) {
        if factor == 0 { return }  // half the pixels and half the hidden units are 0
        let from = source * other.columns
        let to = target * columns
        for column in 0..<columns {
            values[to + column] += factor * other.values[from + column]
        }
    }
}
