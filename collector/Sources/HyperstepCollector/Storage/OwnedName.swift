import HyperstepPostgres

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What rows name by an id, as a metric that a run logs or a series of a service. An owner may have only so many of
/// them: a name that is made of what users type must not fill the database.
protocol OwnedName: Hashable {
    /// Who has it.
    var owner: NameOwner { get }
    /// What it is called, for a person.
    var label: String { get }

    /// The key of the advisory lock under which names of this kind are made.
    static var lockKey: Int64 { get }
    /// Why rows by these names are refused, for a person.
    ///
    /// - Parameters:
    ///   - labels: what some of the names are called.
    ///   - fate: what became of the rows.
    static func refusal(of owner: NameOwner, limit: Int, labels: String, fate: String) -> String

    /// The ids of those that their owners have, by their places among `names`; nil for the others.
    static func find(
        _ names: ArraySlice<Self>, on connection: PostgresConnection
    ) throws(PostgresError) -> [Int64?]
    /// How many each of these owners has.
    static func counts(
        of owners: [NameOwner], on connection: PostgresConnection
    ) throws(PostgresError) -> [NameOwner: Int]
    /// Gives these to their owners, as far as they do not have them.
    static func make(_ names: ArraySlice<Self>, on connection: PostgresConnection) throws(PostgresError)
}

/// Who has names.
enum NameOwner: Hashable, CustomStringConvertible {
    case run(UUID)
    /// By its bytes: to Swift two names are the same that merely look the same.
    case service([UInt8])

    /// As "the run …", for a person.
    var description: String {
        switch self {
        case .run(let id): "the run \(id)"
        case .service([]): "what names no service"
        case .service(let bytes): "the service \"\(String(decoding: bytes, as: UTF8.self).withoutControls)\""
        }
    }
}

/// Records of which each row uses a name of those that their batch lists.
protocol NamedRecords {
    associatedtype Name: OwnedName
    /// The names that it lists; nil in place of those that no row uses.
    var usedNames: [Name?] { get }
    /// The place of each row's name in the list.
    var nameIndexes: [UInt32] { get }
    /// These rows alone, with the names that they use.
    ///
    /// - Parameter rows: ascending.
    func only(_ rows: [Int]) -> Self
}

extension NamedRecords {
    /// Which places of a list of `count` names any row uses.
    func usedPlaces(of count: Int) -> [Bool] {
        var used = [Bool](repeating: false, count: count)
        for index in nameIndexes { used[Int(index)] = true }
        return used
    }
}

extension String {
    /// The text with each control character replaced, so that it stays on its line.
    var withoutControls: String {
        String(
            String.UnicodeScalarView(
                unicodeScalars.map { $0.properties.generalCategory == .control ? "\u{FFFD}" : $0 }))
    }
}
