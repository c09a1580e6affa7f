/// The properties of a value, as a `ParameterEncoder` takes them.
struct KeyedParameters<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let encoder: ParameterEncoder
    var codingPath: [any CodingKey] { encoder.codingPath }

    private func part(_ key: any CodingKey) -> ParameterEncoder {
        encoder.part(key, key.stringValue) { encoder.node.set(key.stringValue, $0) }
    }

    mutating func encodeNil(forKey key: Key) throws { try part(key).write(.null, of: key) }

    mutating func encode(_ value: some Encodable, forKey key: Key) throws { try part(key).write(value) }

    mutating func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) -> KeyedEncodingContainer<Nested> { part(key).container(keyedBy: type) }

    mutating func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        part(key).unkeyedContainer()
    }

    mutating func superEncoder() -> any Encoder { part(PartKey(stringValue: "super")) }

    mutating func superEncoder(forKey key: Key) -> any Encoder { part(key) }
}

/// The elements of a value, as a `ParameterEncoder` takes them.
struct UnkeyedParameters: UnkeyedEncodingContainer {
    let encoder: ParameterEncoder
    var codingPath: [any CodingKey] { encoder.codingPath }
    var count: Int { encoder.node.count }

    private func part() -> ParameterEncoder {
        encoder.part(PartKey(intValue: count)) { encoder.node.append($0) }
    }

    mutating func encodeNil() throws { try part().write(.null, of: codingPath) }

    mutating func encode(_ value: some Encodable) throws { try part().write(value) }

    mutating func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type
    ) -> KeyedEncodingContainer<Nested> { part().container(keyedBy: type) }

    mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { part().unkeyedContainer() }

    mutating func superEncoder() -> any Encoder { part() }
}

/// A value that stands for itself, as a `ParameterEncoder` takes it.
struct SingleParameter: SingleValueEncodingContainer {
    let encoder: ParameterEncoder
    var codingPath: [any CodingKey] { encoder.codingPath }

    mutating func encodeNil() throws { try encoder.write(.null, of: codingPath) }

    mutating func encode(_ value: some Encodable) throws { try encoder.write(value) }
}

/// The place of an element, or a name that no type declares.
private struct PartKey: CodingKey {
    let stringValue: String
    let intValue: Int?

    init(stringValue: String) {
        self.stringValue = stringValue
        intValue = nil
    }

    init(intValue: Int) {
        stringValue = "\(intValue)"
        self.intValue = intValue
    }
}
