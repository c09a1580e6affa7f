/// A column of doubles over the rows of a batch, any of which may be null.
///
/// Bits are kept as they are: NaN payloads, infinities and signed zeros included.
public struct DoubleColumn: Sendable {
    /// The values of the rows that have one, in row order.
    public var values: [Double]
    /// Bit `i % 8` of byte `i / 8` says whether row `i` has a value. Empty: all rows have one, or, where
    /// `values` is empty too, none has.
    public var presence: [UInt8]

    /// Creates a column; without arguments one that is null in every row.
    public init(values: [Double] = [], presence: [UInt8] = []) {
        self.values = values
        self.presence = presence
    }

    /// A column over `rows`, `nil` meaning null.
    public init(_ rows: [Double?]) {
        let present = rows.compactMap { $0 }
        if present.isEmpty || present.count == rows.count {
            self.init(values: present)
            return
        }
        var presence = [UInt8](repeating: 0, count: (rows.count + 7) / 8)
        for (row, value) in rows.enumerated() where value != nil {
            presence[row / 8] |= 1 << UInt8(row % 8)
        }
        self.init(values: present, presence: presence)
    }

    /// Whether the column is null in every row.
    public var isAbsent: Bool { values.isEmpty }

    /// Whether row `row` has a value.
    @inlinable
    public func isPresent(_ row: Int) -> Bool {
        presence.isEmpty ? !values.isEmpty : presence[row / 8] & (1 << UInt8(row % 8)) != 0
    }

    /// The column row by row, for tests and small batches.
    public func rows(_ count: Int) -> [Double?] {
        var next = values.makeIterator()
        return (0..<count).map { isPresent($0) ? next.next() : nil }
    }
}

extension DoubleColumn: Equatable {
    /// Equal bit for bit: a NaN equals the same NaN, and −0 is not 0.
    public static func == (left: DoubleColumn, right: DoubleColumn) -> Bool {
        left.presence == right.presence
            && left.values.elementsEqual(right.values) { $0.bitPattern == $1.bitPattern }
    }
}
