extension Batch {
    /// What the contract asks of the envelope, whichever side made it.
    func check() throws(WireError) {
        let most: UInt64
        if case .skip = records { most = WireLimits.maxPosition } else { most = WireLimits.maxPositions }
        guard (1...most).contains(positionCount) else {
            throw WireError(field: "position_count", reason: "expected 1 to \(most), got \(positionCount)")
        }
        guard firstPosition <= WireLimits.maxPosition - positionCount else {
            throw WireError(
                field: "first_position",
                reason: "expected first_position + position_count of at most \(WireLimits.maxPosition), "
                    + "got \(firstPosition) + \(positionCount)")
        }
        try checkVoids()
        try checkRows()
    }

    private func checkVoids() throws(WireError) {
        var previous: Int64 = -1
        for offset in voidOffsets {
            guard Int64(offset) > previous, UInt64(offset) < positionCount else {
                throw WireError(
                    field: "void_offsets",
                    reason:
                        "expected ascending offsets below position_count (\(positionCount)), got \(offset) "
                        + (previous < 0 ? "first" : "after \(previous)"))
            }
            previous = Int64(offset)
        }
    }

    private func checkRows() throws(WireError) {
        let (field, rows): (String, Int)
        switch records {
        case .skip: return
        case .trainingSteps(let steps): (field, rows) = ("training_steps.time", steps.count)
        case .runEvents(let events): (field, rows) = ("run_events.events", events.count)
        }
        let expected = positionCount - UInt64(voidOffsets.count)
        guard UInt64(rows) == expected else {
            throw WireError(
                field: field,
                reason: "expected \(expected) rows (position_count less void_offsets), got \(rows)")
        }
    }
}
