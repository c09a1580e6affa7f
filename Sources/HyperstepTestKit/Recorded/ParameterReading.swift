import Hyperstep

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Parameters read back from the JSON that the SDK writes.
enum ParameterReading {
    /// The members of a JSON object; none where it is not one, or empty text.
    static func object(_ json: String) -> [String: ParameterValue] {
        let decoded = try? JSONDecoder().decode([String: Decoded].self, from: Data(json.utf8))
        return decoded?.mapValues(\.value) ?? [:]
    }

    private struct Decoded: Decodable {
        let value: ParameterValue

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if container.decodeNil() {
                value = .null
            } else if let bool = try? container.decode(Bool.self) {
                value = .bool(bool)
            } else if let int = try? container.decode(Int.self) {
                value = .int(int)
            } else if let double = try? container.decode(Double.self) {
                value = .double(double)
            } else if let string = try? container.decode(String.self) {
                value = .string(string)
            } else if let array = try? container.decode([Decoded].self) {
                value = .array(array.map(\.value))
            } else {
                value = .object(try container.decode([String: Decoded].self).mapValues(\.value))
            }
        }
    }
}
