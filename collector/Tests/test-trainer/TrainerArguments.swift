import Foundation

/// The trainer's command line; `main.swift` says what each means.
struct TrainerArguments {
    var directory = "."
    var endpoint: String?
    var isOffline = false
    var runs: [UUID] = []
    var steps = 1_000_000_000
    var first = 0
    var progress: String?
    var waits = true
    var pace: UInt32 = 0
    var timeout = 60
    var ringCapacity = 65_536
    /// The first step of a resumed attempt; nil for a run that begins.
    var resumesFrom: Int?
    var attempt: Int?
    var rank: Int?
    var finishesOnSignals = false
    var recordsAllKinds = false

    init(_ arguments: ArraySlice<String>) {
        var words = Array(arguments)
        while words.count >= 2 {
            let (flag, value) = (words.removeFirst(), words.removeFirst())
            switch flag {
            case "--directory": directory = value
            case "--endpoint": endpoint = value
            case "--mode": isOffline = value == "offline"
            case "--run": runs += [UUID(uuidString: value)].compactMap { $0 }
            case "--steps": steps = Int(value) ?? steps
            case "--first": first = Int(value) ?? first
            case "--progress": progress = value
            case "--when-full": waits = value == "wait"
            case "--pace": pace = UInt32(value) ?? pace
            case "--timeout": timeout = Int(value) ?? timeout
            case "--resume": resumesFrom = Int(value)
            case "--attempt": attempt = Int(value)
            case "--rank": rank = Int(value)
            case "--on-signals": finishesOnSignals = value == "finish"
            case "--all-kinds": recordsAllKinds = value == "true"
            case "--ring": ringCapacity = Int(value) ?? ringCapacity
            default: fatalError("unknown argument \(flag)")
            }
        }
    }
}
