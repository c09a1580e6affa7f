import HyperstepWire
import Logging

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Which process of which life of a run this is, and where that life began.
struct RunLife: Sendable, Equatable {
    var attempt: Int16 = 0
    var rank: Int16 = 0
    /// The first step of a resumed attempt.
    var fromStep: Int64?
}

/// What ``Run/start(project:name:model:modelVersion:id:resume:rank:parameters:tags:settings:logger:)`` was asked
/// for, checked; the attempt is not chosen yet.
struct LifeRequest {
    /// The run's id, if it is given.
    let runID: UUID?
    let resume: Resume?
    let rank: Int16
    /// Whether somebody said which of the run's processes this is: then there may be others on this machine.
    let isRankGiven: Bool

    /// - Throws: ``StartError`` for what contradicts itself or is out of range.
    init(id: UUID?, resume: Resume?, rank: Int?, environment: [String: String]) throws(StartError) {
        if let id, let resume, id != resume.id {
            throw StartError(
                "resume", "names another run than id", advice: "leave id out: the resumed run keeps its own")
        }
        if let resume, resume.fromStep < 0 {
            throw StartError(
                "fromStep", "is \(resume.fromStep), expected 0 or more",
                advice: "name the first step that is done anew: the one after the checkpoint's")
        }
        if let attempt = resume?.attempt, !(1...Int(Int16.max)).contains(attempt) {
            throw StartError(
                "attempt", "is \(attempt), expected 1 to \(Int16.max)",
                advice: "leave it out, and the next one is found")
        }
        self.resume = resume
        runID = resume?.id ?? id
        self.rank = try Self.rank(rank, environment)
        isRankGiven = rank != nil || environment.nonEmpty("HYPERSTEP_RANK") != nil
        try checkRank()
    }

    private static func rank(_ given: Int?, _ environment: [String: String]) throws(StartError) -> Int16 {
        let variable = given == nil ? "HYPERSTEP_RANK" : nil
        guard let text = given.map({ "\($0)" }) ?? environment.nonEmpty("HYPERSTEP_RANK") else { return 0 }
        guard let rank = Int16(text), rank >= 0 else {
            throw StartError(
                "rank", variable: variable, "is \"\(text.shortened)\", expected 0 to \(Int16.max)",
                advice: "give each of the run's processes its number, from 0")
        }
        return rank
    }

    /// Processes that found out by themselves which run or attempt they belong to would not agree.
    private func checkRank() throws(StartError) {
        guard rank > 0 else { return }
        if runID == nil {
            throw StartError(
                "id", "is not given, and this is rank \(rank): each process would begin a run of its own",
                advice: "give every process of the run the same id")
        }
        if let resume, resume.attempt == nil {
            throw StartError(
                "attempt",
                "is not given, and this is rank \(rank): each process would begin an attempt of its own",
                advice: "give every process the attempt that rank 0 has as Run.attempt")
        }
    }
}

extension LifeRequest {
    /// Chooses the attempt.
    ///
    /// - Throws: ``StartError`` where the directory cannot be used, or all numbers are taken.
    func life(_ settings: ResolvedSettings, logger: Logger) throws(StartError) -> RunLife {
        guard let resume else { return RunLife(rank: rank) }
        var life = RunLife(attempt: 1, rank: rank, fromStep: Int64(resume.fromStep))
        if let attempt = resume.attempt { life.attempt = Int16(attempt) }
        guard settings.mode != .disabled else { return life }
        let known = resume.attempt == nil ? settings.attempt(of: resume.id, logger) : 0
        do throws(StartError) {
            life.attempt = try settings.noted(resume, after: known, logger)
        } catch {
            // The collector knows of the others, and a disk that fails is no reason not to train. Where the directory
            // was named and cannot be used, the recorder will say so.
            guard settings.mode == .online, error.isOfFileSystem, known < Int16.max else { throw error }
            life.attempt = resume.attempt.map { Int16($0) } ?? known + 1
            LimitedWarnings.shared.warn(
                "attempts", logger,
                "the number of the attempt cannot be kept on this machine: a start that does not reach the collector may take it again",
                ["reason": "\(error.reason)", "attempt": "\(life.attempt)"])
        }
        return life
    }
}

extension ResolvedSettings {
    /// Takes the attempt that a resume begins, and keeps its number on this machine.
    fileprivate func noted(_ resume: Resume, after known: Int16, _ logger: Logger) throws(StartError) -> Int16
    {
        if let directoryProblem {
            var problem = directoryProblem
            problem.isOfFileSystem = true
            throw problem
        }
        let book = AttemptBook(directory: directory, sharedRoot: sharedRoot, variable: directoryVariable)
        guard let attempt = resume.attempt else {
            return try book.next(of: resume.id, after: known, logger)
        }
        return try book.note(Int16(attempt), of: resume.id, logger)
    }
}
