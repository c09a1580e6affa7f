/// What a number may be at the most or must be at the least, so that a promise holds.
struct Bound: Sendable {
    enum Limit: Sendable { case atMost(Double), atLeast(Double) }
    /// What of a measurement it holds for.
    enum Subject: Sendable { case value, ratio }

    let limit: Limit
    let subject: Subject

    static func atMost(_ most: Double, of subject: Subject = .value) -> Bound {
        Bound(limit: .atMost(most), subject: subject)
    }

    static func atLeast(_ least: Double, of subject: Subject = .value) -> Bound {
        Bound(limit: .atLeast(least), subject: subject)
    }

    /// A number that is not one, as of nothing measured, keeps no bound.
    func isKept(by measurement: Measurement) -> Bool {
        let number = subject == .value ? measurement.value : measurement.comparison?.ratio ?? .nan
        switch limit {
        case .atMost(let most): return number <= most
        case .atLeast(let least): return number >= least
        }
    }

    /// As in "at most 15".
    var words: String {
        switch limit {
        case .atMost(let most): "at most \(Measurement.number(most))"
        case .atLeast(let least): "at least \(Measurement.number(least))"
        }
    }

    /// A member of the measurement's JSON object.
    var json: String {
        switch limit {
        case .atMost(let most): "\"at_most\":\(Measurement.number(most))"
        case .atLeast(let least): "\"at_least\":\(Measurement.number(least))"
        }
    }
}
