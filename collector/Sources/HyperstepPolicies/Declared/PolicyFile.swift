/// The policy file: what differs from ``PolicySet/standard``, in YAML. `docs/policies.md` describes it.
///
/// ```yaml
/// hypertables:
///   training_metrics:
///     retention: 90 days
/// ```
public enum PolicyFile {
    /// Larger files are refused: all of it that can be declared takes 3 KiB.
    public static let maximumBytes = 1 << 20

    /// Reads a policy file and checks it; an empty one declares what is standard.
    ///
    /// - Throws: ``PolicyErrors`` with everything that is wrong with it, in the order of its lines. Where it is no
    ///   YAML that is the first such place alone.
    public static func read(_ path: String) throws(PolicyErrors) -> PolicySet {
        let bytes: [UInt8]
        do throws(PolicyError) {
            bytes = try PolicyFileBytes.read(path, atMost: maximumBytes)
        } catch {
            throw PolicyErrors([error])
        }
        return try parse(bytes, name: path)
    }

    /// The same for its text.
    ///
    /// - Parameter name: how errors call the file.
    public static func parse(_ yaml: String, name: String? = nil) throws(PolicyErrors) -> PolicySet {
        try parse(Array(yaml.utf8), name: name)
    }

    private static func parse(_ bytes: [UInt8], name: String?) throws(PolicyErrors) -> PolicySet {
        let document: PolicyDocument
        do throws(PolicyError) {
            document = try PolicyDocument(PolicyFileBytes.text(bytes, of: name), file: name)
        } catch {
            throw PolicyErrors([error])
        }
        var reading = PolicyFileReading(document, file: name)
        return try reading.policies()
    }
}
