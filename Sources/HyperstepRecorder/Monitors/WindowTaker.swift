/// Takes windows out of monitors' counters: what they are is here, why none is lost or doubled in
/// ``WindowPublisher``.
struct WindowTaker {
    private var totals = [UInt64](repeating: 0, count: MonitorCounter.count)

    /// Takes all that a series has counted since the last time, in one window, or in one for each histogram if
    /// its encoded form fits no slot.
    mutating func take(
        _ series: MonitorSeries, publisher: WindowPublisher, end: Int64, _ encode: (MonitorWindow) -> [UInt8]
    ) -> WindowOutcome {
        series.place.sum(into: &totals)
        guard let before = series.place.taken(upTo: publisher.end)?.valid.time else { return .nothing }
        let (start, end) = publisher.interval(from: before, to: end)
        let whole = take(series, MonitorCounter.all, publisher, start, end, encode)
        guard whole == .tooLarge else { return whole }
        // All of them or none: cut short, the rest would be tried as one window the next time, and another adopter
        // would put other windows at these positions.
        guard publisher.room >= MonitorCounter.parts.count else { return .noRoom }
        for part in MonitorCounter.parts {
            let outcome = take(series, part, publisher, start, end, encode)
            if outcome == .noRoom || outcome == .tooLarge { return outcome }
        }
        return .taken
    }

    private func take(
        _ series: MonitorSeries, _ part: Range<Int>, _ publisher: WindowPublisher, _ start: Int64,
        _ end: Int64,
        _ encode: (MonitorWindow) -> [UInt8]
    ) -> WindowOutcome {
        guard let (valid, spare) = series.place.taken(upTo: publisher.end) else { return .nothing }
        let window = MonitorWindow(
            identity: series.identity, start: start, end: end, totals: totals, taken: valid.counters,
            part: part)
        guard !window.isEmpty else { return .nothing }
        guard publisher.room > 0 else { return .noRoom }
        let bytes = encode(window)
        guard bytes.count <= publisher.windows.maximumPayload else { return .tooLarge }
        account(part, of: valid, in: spare, at: window.end, publisher)
        publisher.publish(bytes)
        return .taken
    }

    /// Steps 2 and 3.
    private func account(
        _ part: Range<Int>, of valid: TakenPlace, in spare: TakenPlace, at time: Int64,
        _ publisher: WindowPublisher
    ) {
        for (number, taken) in valid.counters.enumerated() {
            spare.counters[number] = part.contains(number) ? max(taken, totals[number]) : taken
            if number == MonitorCounter.count / 2 { publisher.afterStore() }
        }
        spare.time = time
        // All but the tag, which is the first word and stays what it was.
        publisher.keep(spare.start + 8, TakenPlace.bytes - 8)
        publisher.tag(spare)
    }
}
