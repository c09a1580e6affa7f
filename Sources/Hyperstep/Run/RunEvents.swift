import HyperstepWire
import Logging

/// Parameters and tags cut into pieces that each fit into one event.
///
/// What does not fit is left out, and a warning names it: a parameter that cannot be stored is no reason to stop a
/// training run.
struct RunEvents {
    /// One event's share of parameters and tags.
    struct Piece: Equatable {
        var members: [[UInt8]] = []
        var tags: [String] = []
        var parametersJSON: String { ParameterJSON.object(members) }
    }

    /// Bytes of JSON in all.
    static let totalLimit = WireLimits.maxJSONBytes
    /// Bytes of parameters and tags in one event. With the names beside them (at most 2 KiB) an event stays
    /// within the recorder's 16 KiB.
    static let pieceLimit = 13 * 1024

    /// At least one piece, in order.
    private(set) var pieces = [Piece()]
    private var bytesInPiece = 0

    /// What was left out and why, once for each name. Said by whoever holds no lock: a log handler may do anything.
    private(set) var warnings: [(message: Logger.Message, metadata: Logger.Metadata)] = []

    /// - Parameters:
    ///   - parameters: what the program says of the run.
    ///   - surroundings: what its environment says, as far as the program says nothing under the same names. It comes
    ///     last: of what does not fit into a run, it is left out first.
    ///   - contents: what the run holds already; what is taken is added to it.
    init(
        parameters: [String: ParameterValue], surroundings: [String: ParameterValue] = [:], tags: [String],
        contents: inout RunContents
    ) {
        var isFull = false
        for tag in tags where !contents.tags.contains(tag) {
            guard contents.tags.count < WireLimits.maxTags else {
                isFull = true
                break
            }
            add(tag: tag, &contents)
        }
        if isFull, !contents.saidManyTags {
            contents.saidManyTags = true
            warnings.append(("tags beyond the first \(WireLimits.maxTags) of a run are not recorded", [:]))
        }
        let others = surroundings.filter { parameters[$0.key] == nil }
        for group in [parameters, others] {
            for (key, value) in group.sorted(by: { $0.key < $1.key }) { add(key, value, &contents) }
        }
    }

    private mutating func add(tag: String, _ contents: inout RunContents) {
        guard (1...WireLimits.maxNameBytes).contains(tag.utf8.count), !tag.utf8.contains(0) else {
            guard contents.saidTags.isNews(tag) else { return }
            warnings.append(
                (
                    "a tag is not recorded: expected 1 to \(WireLimits.maxNameBytes) bytes and no U+0000",
                    ["tag": "\(tag.shortened)"]
                ))
            return
        }
        makeRoom(for: tag.utf8.count + 4)
        pieces[pieces.count - 1].tags.append(tag)
        contents.tags.insert(tag)
    }

    private mutating func add(
        _ key: String, _ value: ParameterValue, _ contents: inout RunContents
    ) {
        do {
            let member = try ParameterJSON.member(key, value, limit: Self.pieceLimit)
            guard contents.take(key, bytes: member.count, limit: Self.totalLimit) else {
                leaveOut(key, "a run's parameters take at most \(Self.totalLimit) bytes of JSON", &contents)
                return
            }
            makeRoom(for: member.count + 1)
            pieces[pieces.count - 1].members.append(member)
        } catch {
            switch error {
            case .tooLarge: leaveOut(key, "expected at most \(Self.pieceLimit) bytes of JSON", &contents)
            case .tooDeep:
                leaveOut(key, "expected at most \(ParameterJSON.maxDepth) levels of nesting", &contents)
            }
        }
    }

    private mutating func leaveOut(_ key: String, _ reason: String, _ contents: inout RunContents) {
        guard contents.saidParameters.isNews(key) else { return }
        warnings.append(("a parameter is not recorded: \(reason)", ["parameter": "\(key.shortened)"]))
    }

    private mutating func makeRoom(for bytes: Int) {
        if bytesInPiece + bytes > Self.pieceLimit, bytesInPiece > 0 {
            pieces.append(Piece())
            bytesInPiece = 0
        }
        bytesInPiece += bytes
    }
}
