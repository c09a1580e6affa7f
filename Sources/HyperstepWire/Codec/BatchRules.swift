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
        try checkRecords()
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

    /// What one kind of records asks of its values; steps and run events see to theirs when they are coded.
    private func checkRecords() throws(WireError) {
        switch records {
        case .skip, .trainingSteps, .runEvents: return
        case .scalars(let scalars): try scalars.check()
        case .inferenceWindows(let windows): try windows.check()
        case .systemSamples(let samples): try samples.check()
        case .experimentEvents(let events): try ExperimentEvent.check(events)
        case .seriesWindows(let windows): try windows.check()
        }
    }

    private func checkRows() throws(WireError) {
        let (field, rows): (String, Int)
        switch records {
        case .skip: return
        case .trainingSteps(let steps): (field, rows) = ("training_steps.time", steps.count)
        case .runEvents(let events): (field, rows) = ("run_events.events", events.count)
        case .scalars(let scalars): (field, rows) = ("scalars.time", scalars.count)
        case .inferenceWindows(let windows): (field, rows) = ("inference_windows.windows", windows.count)
        case .systemSamples(let samples): (field, rows) = ("system_samples.time", samples.count)
        case .experimentEvents(let events): (field, rows) = ("experiment_events.events", events.count)
        case .seriesWindows(let windows): (field, rows) = ("series_windows.time", windows.count)
        }
        let expected = positionCount - UInt64(voidOffsets.count)
        guard UInt64(rows) == expected else {
            throw WireError(
                field: field,
                reason: "expected \(expected) rows (position_count less void_offsets), got \(rows)")
        }
    }
}
