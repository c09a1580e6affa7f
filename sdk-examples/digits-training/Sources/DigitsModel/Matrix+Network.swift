#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

// What a network does with the matrices between its layers.

extension Matrix {
    /// An image a row.
    init(rows images: [[Float]]) {
        self.init(rows: images.count, columns: Digit.pixelCount)
        values = images.flatMap(\.self)
    }

    mutating func rectify() {
        for index in values.indices { values[index] = max(values[index], 0) }
    }

    /// Passes a gradient back through `rectify`: only where the unit was active.
    mutating func keepWhere(_ activations: Matrix) {
        for index in values.indices where activations.values[index] == 0 { values[index] = 0 }
    }

    /// Softmax of each row.
    mutating func becomeProbabilities() {
        for row in 0..<rows {
            let highest = self[row, largestColumn(inRow: row)]
            var sum: Float = 0
            for column in 0..<columns {
                self[row, column] = exp(self[row, column] - highest)  // at most 1: no overflow
                sum += self[row, column]
            }
            for column in 0..<columns { self[row, column] /= sum }
        }
    }

    /// Of probabilities: their mean cross-entropy and the share of rows that are right.
    func judged(by labels: [Int]) -> (loss: Double, accuracy: Double) {
        var loss = 0.0
        var correct = 0
        for row in 0..<rows {
            loss -= Double(log(max(self[row, labels[row]], .leastNormalMagnitude)))
            if largestColumn(inRow: row) == labels[row] { correct += 1 }
        }
        return (loss / Double(rows), Double(correct) / Double(rows))
    }

    /// From probabilities to the gradient of the mean cross-entropy by the scores: they minus the truth, over the
    /// number of rows.
    mutating func becomeLossGradient(labels: [Int]) {
        for row in 0..<rows {
            self[row, labels[row]] -= 1
            for column in 0..<columns { self[row, column] /= Float(rows) }
        }
    }

    func row(_ row: Int) -> [Float] {
        Array(values[row * columns..<(row + 1) * columns])
    }

    private func largestColumn(inRow row: Int) -> Int {
        (0..<columns).max { self[row, $0] < self[row, $1] } ?? 0
    }
}
