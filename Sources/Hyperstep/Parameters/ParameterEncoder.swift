import HyperstepWire

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Makes a ``ParameterValue`` of what an `Encodable` describes.
///
/// Its own and not JSONEncoder, which throws on NaN, and has no bound on how deep or how much it writes.
struct ParameterEncoder: Encoder {
    /// A value that is being described. A class, since whoever describes it holds several containers of it.
    final class Node {
        enum Content {
            case nothing
            case value(ParameterValue)
            case array([Node])
            case object([String: Node])
        }

        var content = Content.nothing

        /// What was described.
        var value: ParameterValue {
            switch content {
            // As a value that encodes nothing: an empty struct.
            case .nothing: .object([:])
            case .value(let value): value
            case .array(let nodes): .array(nodes.map(\.value))
            case .object(let nodes): .object(nodes.mapValues(\.value))
            }
        }

        /// Adds an element.
        func append(_ node: Node) {
            guard case .array(var nodes) = content else { return }
            // Not held here while it is changed, or each would copy all before it.
            content = .nothing
            nodes.append(node)
            content = .array(nodes)
        }

        /// Sets a member.
        func set(_ key: String, _ node: Node) {
            guard case .object(var nodes) = content else { return }
            content = .nothing
            nodes[key] = node
            content = .object(nodes)
        }

        var count: Int {
            if case .array(let nodes) = content { nodes.count } else { 0 }
        }
    }

    /// What may still be written: about as many bytes as a run's parameters take, so that nothing that refers to itself
    /// and no endless sequence takes all memory.
    final class Budget {
        private var bytes = WireLimits.maxJSONBytes
        /// The first thing that was too much. Containers cannot throw where they are made.
        private(set) var error: EncodingError?
        /// Values within values that may be encoded at the same time, whether each is a level of JSON or not.
        var calls = 4 * ParameterJSON.maxDepth

        /// Takes what a value needs.
        ///
        /// - Throws: `EncodingError` where it is too much, or something was before.
        func take(_ needed: Int, _ codingPath: [any CodingKey], _ value: Any) throws {
            if let error { throw error }
            bytes -= min(needed, bytes + 1)
            if bytes < 0 {
                refuse(
                    value, codingPath,
                    "is more than the \(WireLimits.maxJSONBytes) bytes of a run's parameters")
            } else if codingPath.count > ParameterJSON.maxDepth || calls <= 0 {
                refuse(value, codingPath, "is nested more than \(ParameterJSON.maxDepth) levels deep")
            }
            if let error { throw error }
        }

        private func refuse(_ value: Any, _ codingPath: [any CodingKey], _ reason: String) {
            error = .invalidValue(
                value,
                EncodingError.Context(
                    codingPath: codingPath, debugDescription: "a parameter cannot be encoded: it \(reason)"))
        }
    }

    let node: Node
    let budget: Budget
    let codingPath: [any CodingKey]
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        if case .object = node.content {} else { node.content = .object([:]) }
        return KeyedEncodingContainer(KeyedParameters<Key>(encoder: self))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        if case .array = node.content {} else { node.content = .array([]) }
        return UnkeyedParameters(encoder: self)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { SingleParameter(encoder: self) }

    /// The encoder of a part of this one's value, which is there once `attach` was called with it.
    func part(_ key: any CodingKey, _ name: String? = nil, _ attach: (Node) -> Void) -> ParameterEncoder {
        let part = ParameterEncoder(node: Node(), budget: budget, codingPath: codingPath + [key])
        // What is refused here is thrown by whatever is written next, and at the end.
        if (try? budget.take(1 + (name?.utf8.count ?? 0), part.codingPath, key)) != nil { attach(part.node) }
        return part
    }

    /// Describes a value.
    func write(_ value: some Encodable) throws {
        if let simple = simple(value) { return try write(simple, of: value) }
        try budget.take(0, codingPath, value)
        budget.calls -= 1
        defer { budget.calls += 1 }
        try value.encode(to: self)
        if let error = budget.error { throw error }
    }

    /// Sets the value as a whole.
    func write(_ simple: ParameterValue, of value: Any) throws {
        var bytes = 1
        if case .string(let text) = simple { bytes += text.utf8.count }
        try budget.take(bytes, [], value)
        node.content = .value(simple)
    }

    /// A value that has no parts, or none that anybody wants to see.
    private func simple(_ value: some Encodable) -> ParameterValue? {
        switch value {
        case let value as Bool: .bool(value)
        case let value as String: .string(value)
        case let value as any BinaryFloatingPoint: ParameterValue(value)
        case let value as any BinaryInteger: ParameterValue(value)
        case let value as Decimal: .decimal(value)
        case let value as Data: .string(value.base64EncodedString())
        case let value as URL: .string(value.absoluteString)
        case let value as Date: .date(value)
        default: nil
        }
    }
}

extension ParameterValue {
    /// The double, where it is written as the decimal is, else the text.
    fileprivate static func decimal(_ decimal: Decimal) -> ParameterValue {
        let text = "\(decimal)"
        guard let double = Double(text), Decimal(string: "\(double)") == decimal else { return .string(text) }
        return .double(double)
    }

    /// As ISO 8601 where it is of the years 1 to 9999, else seconds since 1970.
    fileprivate static func date(_ date: Date) -> ParameterValue {
        let seconds = date.timeIntervalSince1970
        guard (-62_135_596_800..<253_402_300_800).contains(seconds) else { return .double(seconds) }
        return .string(date.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true)))
    }
}
