/// Header fields in the order in which they are sent; names are lower case.
public typealias HTTP2Headers = [(name: String, value: String)]

extension HTTP2Headers {
    /// The value of the first field of this name (lower case), or nil.
    func first(named name: String) -> String? {
        first { $0.name == name }?.value
    }

    /// What the list counts for against SETTINGS_MAX_HEADER_LIST_SIZE (RFC 9113, 6.5.2).
    static func listSize(nameBytes: Int, valueBytes: Int) -> Int { nameBytes + valueBytes + 32 }
}
