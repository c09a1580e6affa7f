/// What became of one taking of windows.
public struct WindowTaking: Sendable, Equatable {
    /// Series of which all that was counted is in the ring now, in one window or several.
    public internal(set) var published = 0
    /// Series whose counts wait for room in the ring: nothing is lost, the next taking has them.
    public internal(set) var waiting = 0
    /// Series whose counts wait because the smallest part of a window was encoded in more than
    /// ``WindowRing/maximumPayload`` bytes: a mistake of the encoder.
    public internal(set) var tooLarge = 0
    /// Whether all is taken that had been counted before.
    public var isComplete: Bool { waiting == 0 && tooLarge == 0 }

    /// Nothing taken and nothing left, where no numbers are given.
    public init(published: Int = 0, waiting: Int = 0, tooLarge: Int = 0) {
        self.published = published
        self.waiting = waiting
        self.tooLarge = tooLarge
    }

    /// What became of two takings, of different series.
    public static func + (left: WindowTaking, right: WindowTaking) -> WindowTaking {
        var both = left
        both.published += right.published
        both.waiting += right.waiting
        both.tooLarge += right.tooLarge
        return both
    }
}

/// What became of taking one series' window.
enum WindowOutcome { case taken, nothing, noRoom, tooLarge }

extension WindowTaking {
    /// Takes series one after the other.
    init<Series>(
        of all: [Series], isUntaken: (Series) -> Bool, take: (Series) -> WindowOutcome
    ) {
        self.init()
        for series in all {
            // Once one finds no room none behind it is taken: what stands at which position must not depend on
            // when there was room, since two adopters of one file may see different moments.
            guard waiting == 0 else {
                if isUntaken(series) { waiting += 1 }
                continue
            }
            switch take(series) {
            case .taken: published += 1
            case .nothing: break
            case .noRoom: waiting += 1
            case .tooLarge: tooLarge += 1
            }
        }
    }
}
