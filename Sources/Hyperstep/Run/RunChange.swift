import HyperstepWire
import Logging

/// Parameters and tags that a program gives a run, checked and taken into what the run holds.
///
/// What does not fit is left out and counted, and a warning names it: a parameter that cannot be stored is no reason to
/// stop a training run.
struct RunChange {
    /// What was left out and why, once for each name. Logged by whoever holds no lock: a log handler may do anything.
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
        for tag in tags where !contents.has(tag: tag) { add(tag: tag, &contents) }
        let others = surroundings.filter { parameters[$0.key] == nil }
        for group in [parameters, others] {
            for (key, value) in group.sorted(by: { $0.key < $1.key }) { add(key, value, &contents) }
        }
    }

    private mutating func add(tag: String, _ contents: inout RunContents) {
        guard (1...WireLimits.maxNameBytes).contains(tag.utf8.count), !tag.utf8.contains(0) else {
            contents.leftOut += 1
            guard contents.loggedTags.isNews(tag) else { return }
            warnings.append(
                (
                    "a tag is not recorded: expected 1 to \(WireLimits.maxNameBytes) bytes and no U+0000",
                    ["tag": "\(tag.shortened)"]
                ))
            return
        }
        guard contents.tags.count < WireLimits.maxTags else {
            contents.leftOut += 1
            guard !contents.hasLoggedManyTags else { return }
            contents.hasLoggedManyTags = true
            warnings.append(("tags beyond the first \(WireLimits.maxTags) of a run are not recorded", [:]))
            return
        }
        contents.take(tag: tag)
    }

    private mutating func add(_ key: String, _ value: ParameterValue, _ contents: inout RunContents) {
        do {
            let limit = RunContents.pieceLimit
            if contents.take(key, try ParameterJSON.member(key, value, limit: limit)) { return }
            leaveOut(
                key, "a run's parameters take at most \(RunContents.totalLimit) bytes of JSON", &contents)
        } catch {
            switch error {
            case .tooLarge:
                leaveOut(key, "expected at most \(RunContents.pieceLimit) bytes of JSON", &contents)
            case .tooDeep:
                leaveOut(key, "expected at most \(ParameterJSON.maxDepth) levels of nesting", &contents)
            }
        }
    }

    private mutating func leaveOut(_ key: String, _ reason: String, _ contents: inout RunContents) {
        contents.leftOut += 1
        guard contents.loggedParameters.isNews(key) else { return }
        warnings.append(("a parameter is not recorded: \(reason)", ["parameter": "\(key.shortened)"]))
    }
}
