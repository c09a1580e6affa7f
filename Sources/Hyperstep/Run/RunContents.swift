import HyperstepWire

/// What a run holds: its parameters and tags, those that were set later included, and which of them are not recorded yet.
struct RunContents {
    /// One event's share of parameters and tags.
    struct Piece: Equatable {
        var members: [[UInt8]] = []
        var tags: [String] = []
        var parametersJSON: String { ParameterJSON.object(members) }
    }

    /// Bytes of JSON in all, so that one event of the contract can hold all parameters.
    static let totalLimit = WireLimits.maxJSONBytes
    /// Bytes of parameters and tags in one event of the recorder. With the names beside them (at most 2 KiB) an event
    /// stays within the recorder's 16 KiB.
    static let pieceLimit = 13 * 1024

    /// Members of a JSON object, by the parameters' names.
    private var parameters: [String: [UInt8]] = [:]
    /// Bytes of the JSON object: the braces, and a comma for each member.
    private var bytes = 2
    /// In the order in which they were added.
    private(set) var tags: [String] = []
    private var knownTags: Set<String> = []

    /// Names of the parameters whose newest values are not recorded yet, in the order in which they were set.
    private var waitingParameters: [String] = []
    private var waitingNames: Set<String> = []
    private var waitingTags: [String] = []

    /// How many parameters and tags were left out, each time that they were given.
    var leftOut: UInt64 = 0
    /// What was left out and logged: parameters, and tags.
    var loggedParameters = SaidNames()
    var loggedTags = SaidNames()
    var hasLoggedManyTags = false

    /// What the run is and when it started, in nanoseconds since 1970, so that it can be told again.
    var start: (run: RunDescription, time: Int64)?
    var hasLoggedLate = false

    /// How many parameters and tags are not recorded yet.
    var waiting: Int { waitingParameters.count + waitingTags.count }
    /// Whether something is not recorded yet.
    var isWaiting: Bool { !waitingParameters.isEmpty || !waitingTags.isEmpty }

    func has(tag: String) -> Bool { knownTags.contains(tag) }

    /// Takes a tag that it does not have; it waits to be recorded.
    mutating func take(tag: String) {
        guard knownTags.insert(tag).inserted else { return }
        tags.append(tag)
        waitingTags.append(tag)
    }

    /// Takes a parameter, new or in the place of its older value; false where it does not fit. It waits to be recorded;
    /// where its older value does so still, that one need not be recorded at all.
    mutating func take(_ key: String, _ member: [UInt8]) -> Bool {
        let total = bytes - (parameters[key].map { $0.count + 1 } ?? 0) + member.count + 1
        guard total <= Self.totalLimit else { return false }
        parameters[key] = member
        bytes = total
        if waitingNames.insert(key).inserted { waitingParameters.append(key) }
        return true
    }

    /// As much of what waits as one event holds, the oldest first; empty where nothing waits.
    var nextPiece: Piece {
        var piece = Piece()
        var bytes = 0
        for tag in waitingTags {
            bytes += tag.utf8.count + 4
            guard bytes <= Self.pieceLimit else { return piece }
            piece.tags.append(tag)
        }
        for key in waitingParameters {
            let member = parameters[key, default: []]
            bytes += member.count + 1
            guard bytes <= Self.pieceLimit || piece == Piece() else { return piece }
            piece.members.append(member)
        }
        return piece
    }

    /// The piece that ``nextPiece`` gave is recorded. Call it only after that is so: what is taken off here does not
    /// come again.
    mutating func recorded(_ piece: Piece) {
        waitingTags.removeFirst(piece.tags.count)
        for key in waitingParameters.prefix(piece.members.count) { waitingNames.remove(key) }
        waitingParameters.removeFirst(piece.members.count)
    }

    /// All that the run holds, recorded or not.
    var all: Piece {
        Piece(members: parameters.sorted { $0.key < $1.key }.map(\.value), tags: tags)
    }
}
