/// What a column can hold.
public protocol ColumnElement: BitwiseCopyable, Sendable {
    /// Whether two values are the same bit for bit.
    static func isSame(_ left: Self, _ right: Self) -> Bool
}

extension Double: ColumnElement {
    /// A NaN is the same as the same NaN, and −0 is not the same as 0.
    public static func isSame(_ left: Double, _ right: Double) -> Bool { left.bitPattern == right.bitPattern }
}

extension UInt64: ColumnElement {
    /// Whether the numbers are equal.
    public static func isSame(_ left: UInt64, _ right: UInt64) -> Bool { left == right }
}

/// A column of doubles: NaN payloads, infinities and signed zeros are kept as they are.
public typealias DoubleColumn = Column<Double>

/// A column of counts or sizes.
public typealias UInt64Column = Column<UInt64>

/// A column of numbers over the rows of a batch, any of which may be null.
public struct Column<Element: ColumnElement>: Sendable {
    /// The values of the rows that have one, in row order.
    public var values: [Element]
    /// Bit `i % 8` of byte `i / 8` says whether row `i` has a value. Empty: all rows have one, or, where
    /// `values` is empty too, none has.
    public var presence: [UInt8]

    /// Creates a column; without arguments one that is null in every row.
    @inlinable
    public init(values: [Element] = [], presence: [UInt8] = []) {
        self.values = values
        self.presence = presence
    }

    /// A column over `rows`, `nil` meaning null.
    public init(_ rows: [Element?]) {
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
    @inlinable
    public var isAbsent: Bool { values.isEmpty }

    /// Whether row `row` has a value.
    @inlinable
    public func isPresent(_ row: Int) -> Bool {
        presence.isEmpty ? !values.isEmpty : presence[row / 8] & (1 << UInt8(row % 8)) != 0
    }

    /// The column row by row, for tests and small batches.
    public func rows(_ count: Int) -> [Element?] {
        var next = values.makeIterator()
        return (0..<count).map { isPresent($0) ? next.next() : nil }
    }
}

extension Column: Equatable {
    /// Equal bit for bit: a NaN equals the same NaN, and −0 is not 0.
    public static func == (left: Column, right: Column) -> Bool {
        left.presence == right.presence && left.values.elementsEqual(right.values, by: Element.isSame)
    }
}
