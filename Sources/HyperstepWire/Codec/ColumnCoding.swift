import CHyperstepProto

private typealias CDoubles = Hyperstep__V1__DoubleColumn
private typealias CCounts = Hyperstep__V1__UInt64Column

extension Column<Double> {
    /// The C struct; nil for a column that is null in every row.
    func message(_ writer: MessageWriter) -> UnsafeMutablePointer<Hyperstep__V1__DoubleColumn>? {
        if isAbsent { return nil }
        let message: UnsafeMutablePointer<CDoubles> = writer.make { hyperstep__v1__double_column__init($0) }
        message.pointee.n_values = values.count
        message.pointee.values = writer.copy(values)
        message.pointee.presence = writer.data(presence)
        return message
    }

    /// Reads the C struct; an absent one is null in every row.
    init(
        _ message: UnsafeMutablePointer<Hyperstep__V1__DoubleColumn>?, _ field: String, rows: Int
    ) throws(WireError) {
        self.init()
        guard let column = message?.pointee else { return }
        values = MessageReader.array(column.values, column.n_values)
        presence = MessageReader.array(column.presence.data, column.presence.len)
        try normalize(field, rows: rows)
    }
}

extension Column<UInt64> {
    /// The C struct; nil for a column that is null in every row.
    func message(_ writer: MessageWriter) -> UnsafeMutablePointer<Hyperstep__V1__UInt64Column>? {
        if isAbsent { return nil }
        let message: UnsafeMutablePointer<CCounts> = writer.make { hyperstep__v1__uint64_column__init($0) }
        message.pointee.n_values = values.count
        message.pointee.values = writer.copy(values)
        message.pointee.presence = writer.data(presence)
        return message
    }

    /// Reads the C struct; an absent one is null in every row.
    init(
        _ message: UnsafeMutablePointer<Hyperstep__V1__UInt64Column>?, _ field: String, rows: Int
    ) throws(WireError) {
        self.init()
        guard let column = message?.pointee else { return }
        values = MessageReader.array(column.values, column.n_values)
        presence = MessageReader.array(column.presence.data, column.presence.len)
        try normalize(field, rows: rows)
    }
}

extension Column {
    /// One form for one meaning: a bitmap of ones is the same as none.
    fileprivate mutating func normalize(_ field: String, rows: Int) throws(WireError) {
        try check(field, rows: rows)
        if values.count == rows || values.isEmpty { presence = [] }
    }

    /// Checks that values and bitmap fit each other and `rows`.
    func check(_ field: String, rows: Int) throws(WireError) {
        if presence.isEmpty {
            guard values.isEmpty || values.count == rows else {
                throw WireError(
                    field: "\(field).values",
                    reason: "expected \(rows) values, one per row, since there is no presence; "
                        + "got \(values.count)")
            }
            return
        }
        guard presence.count == (rows + 7) / 8 else {
            throw WireError(
                field: "\(field).presence",
                reason: "expected \((rows + 7) / 8) bytes for \(rows) rows, got \(presence.count)")
        }
        let unused = rows % 8 == 0 ? 0 : UInt8.max << UInt8(rows % 8)
        guard let last = presence.last, last & unused == 0 else {
            throw WireError(
                field: "\(field).presence", reason: "bits are set beyond the last of \(rows) rows")
        }
        let present = presence.reduce(0) { $0 + $1.nonzeroBitCount }
        guard present == values.count else {
            throw WireError(
                field: "\(field).values",
                reason: "expected \(present) values, one per bit set in presence; got \(values.count)")
        }
    }
}
