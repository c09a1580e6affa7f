/// What OpenTelemetry's environment variables say, as far as it concerns us.
///
/// See the specification's "Environment Variable Specification" (General SDK Configuration) and "Resource SDK".
struct OpenTelemetryVariables {
    /// `OTEL_SDK_DISABLED`: "true" in any case, and nothing else.
    let isDisabled: Bool
    /// `OTEL_SERVICE_NAME`, else `service.name` of the resource.
    let serviceName: String?
    /// `OTEL_RESOURCE_ATTRIBUTES` without `service.name`; none where they are malformed, as the specification wants.
    let resource: [String: String]
    /// What is malformed in `OTEL_RESOURCE_ATTRIBUTES`, if anything.
    let resourceProblem: String?

    init(_ environment: [String: String]) {
        isDisabled = environment["OTEL_SDK_DISABLED"]?.lowercased() == "true"
        var attributes: [String: String] = [:]
        var problem: String?
        do throws(MalformedPair) {
            attributes = try Self.attributes(environment.nonEmpty("OTEL_RESOURCE_ATTRIBUTES") ?? "")
        } catch {
            problem =
                "expected key=value pairs, percent-encoded where need be and separated by commas, and pair \(error.number) is none"
        }
        resourceProblem = problem
        let ofResource = attributes.removeValue(forKey: "service.name")
        serviceName =
            environment.nonEmpty("OTEL_SERVICE_NAME") ?? ofResource.flatMap { $0.isEmpty ? nil : $0 }
        resource = attributes
    }

    /// By its number, from 1: its text may be a secret that somebody put there.
    private struct MalformedPair: Error {
        let number: Int
    }

    /// `key=value,key=value`, keys and values percent-encoded where need be.
    private static func attributes(_ text: String) throws(MalformedPair) -> [String: String] {
        var attributes: [String: String] = [:]
        for (index, pair) in text.split(separator: ",").enumerated() {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                .map { $0.trimming { $0 == " " || $0 == "\t" }.percentDecoded }
            guard parts.count == 2, let key = parts[0], let value = parts[1], !key.isEmpty else {
                throw MalformedPair(number: index + 1)
            }
            attributes[key] = value
        }
        return attributes
    }
}

extension Substring {
    fileprivate func trimming(_ isSpace: (Character) -> Bool) -> String {
        String(drop(while: isSpace).reversed().drop(while: isSpace).reversed())
    }
}

extension String {
    /// Nil where a percent sign begins no byte, or the bytes are no UTF-8.
    fileprivate var percentDecoded: String? {
        var bytes: [UInt8] = []
        var rest = utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            let digits = rest.prefix(2).compactMap { Character(UnicodeScalar($0)).hexDigitValue }
            guard digits.count == 2 else { return nil }
            bytes.append(UInt8(digits[0] * 16 + digits[1]))
            rest.removeFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
