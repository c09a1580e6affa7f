#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// How a model's name becomes its id: the same name and version give the same id in every program, so that
/// training, serving and a query agree on it without asking each other.
///
/// The id is a UUID of version 5 (RFC 9562) in ``namespace``. The name that is hashed is the model's name, and
/// where the model has a version a line feed and the version. To compute one elsewhere:
///
/// ```python
/// uuid.uuid5(uuid.UUID("f2a1b46c-2c1c-4cb2-9d0d-64c0e4a3e6b5"), "digits-mlp")         # unversioned
/// uuid.uuid5(uuid.UUID("f2a1b46c-2c1c-4cb2-9d0d-64c0e4a3e6b5"), "digits-mlp\n2")      # version 2
/// ```
/// ```sql
/// -- with the extension uuid-ossp
/// SELECT uuid_generate_v5('f2a1b46c-2c1c-4cb2-9d0d-64c0e4a3e6b5', 'digits-mlp');
/// ```
public enum ModelID {
    /// `f2a1b46c-2c1c-4cb2-9d0d-64c0e4a3e6b5`, Hyperstep's namespace for models. It never changes.
    public static let namespace = UUID(
        uuid: (
            0xF2, 0xA1, 0xB4, 0x6C, 0x2C, 0x1C, 0x4C, 0xB2, 0x9D, 0x0D, 0x64, 0xC0, 0xE4, 0xA3, 0xE6, 0xB5
        ))

    /// The id of the model called `name`, of `version` where it has one.
    public static func of(name: String, version: String? = nil) -> UUID {
        UUID(version5In: namespace, name: version.map { "\(name)\n\($0)" } ?? name)
    }
}

extension UUID {
    /// A name-based UUID, version 5 of RFC 9562: the first 128 bits of SHA-1 over namespace and name.
    init(version5In namespace: UUID, name: String) {
        var bytes = SHA1.digest(withUnsafeBytes(of: namespace.uuid) { Array($0) } + Array(name.utf8))
        bytes[6] = bytes[6] & 0x0F | 0x50  // version 5
        bytes[8] = bytes[8] & 0x3F | 0x80  // the variant of RFC 9562
        var uuid = UUID().uuid
        withUnsafeMutableBytes(of: &uuid) { $0.copyBytes(from: bytes.prefix(16)) }
        self.init(uuid: uuid)
    }
}
