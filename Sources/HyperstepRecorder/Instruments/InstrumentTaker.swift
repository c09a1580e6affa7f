import HyperstepHistogram
import Synchronization

/// Takes windows out of instruments' counters: what they are is here, why none is lost or doubled in
/// ``WindowPublisher``.
struct InstrumentTaker {
    let publisher: WindowPublisher

    /// One taking of one series.
    private struct Taking {
        let series: InstrumentSeries
        let totals: InstrumentTotals
        let sum: SumTaken
        let extremes: Extremes
        /// The last epoch whose extremes it takes.
        let epoch: UInt64
        let start: Int64
        let end: Int64
    }

    /// Takes all that a series has counted since the last time, in one window, or in several if its encoded form
    /// fits no slot: halves of its blocks, and halves of these.
    func take(
        _ series: InstrumentSeries, end: Int64, _ encode: (InstrumentWindow) -> [UInt8]
    ) -> WindowOutcome {
        let place = series.place
        guard let valid = place.validSnapshot(upTo: publisher.end),
            InstrumentTotals(series).hasMore(than: valid, of: place)
        else { return .nothing }
        guard publisher.room > 0 else { return .noRoom }
        let snapshot = place.snapshots[valid]
        let (start, end) = publisher.interval(from: snapshot.time, to: end)
        let epoch = place.epoch.pointee.load(ordering: .relaxed)
        if !publisher.isOrphan { place.turnEpoch() }
        let totals = InstrumentTotals(series)
        let count = totals.count(since: valid, of: place)
        // After the counters: whose count is there has noted its number.
        var ended =
            publisher.isOrphan ? place.extremes(after: snapshot.epoch) : Extremes(place, epoch: epoch)
        var extremes = ended
        // Those of calls that were counted though they began after the turn.
        if !publisher.isOrphan { extremes.merge(Extremes(place, epoch: epoch &+ 1)) }
        if count == 0 {
            // Of a call that has not counted yet: the least may be there and not the most. The next window has them.
            ended.forgetRange()
            extremes.forgetRange()
        }
        if count == 0, totals.words[InstrumentWord.nonFinite] <= snapshot.words[InstrumentWord.nonFinite] {
            ended = Extremes()
            extremes = Extremes()
        }
        let taking = Taking(
            series: series, totals: totals, sum: SumTaken(of: totals, since: snapshot, count: count),
            extremes: extremes, epoch: epoch, start: start, end: end)
        let outcome = take(taking, blocks: 0..<totals.blocks.count, whole: true, encode)
        if outcome == .taken && !publisher.isOrphan {
            place.sweep(epoch, except: ended, into: epoch &+ 1)
        }
        return outcome
    }

    private func take(
        _ taking: Taking, blocks: Range<Int>, whole: Bool, _ encode: (InstrumentWindow) -> [UInt8]
    ) -> WindowOutcome {
        let place = taking.series.place
        guard let valid = place.validSnapshot(upTo: publisher.end) else { return .nothing }
        let window = InstrumentWindow(
            of: taking.series, start: taking.start, end: taking.end, totals: taking.totals, since: valid,
            sum: taking.sum, extremes: taking.extremes, part: blocks, whole: whole)
        // Blocks in which nothing was counted since.
        if !whole, window.histogram.isEmpty { return .taken }
        let bytes = encode(window)
        if bytes.count <= publisher.windows.maximumPayload {
            account(taking, blocks, whole: whole, valid: valid)
            publisher.publish(bytes)
            return .taken
        }
        guard blocks.count > 1 else { return .tooLarge }
        // All of them or none: cut short, the rest would be tried as one window the next time. (An adopter that is
        // killed between two leaves what it published; the next one takes the rest, at positions that nobody sent:
        // this leans on every write to the file. Where one fails between two parts, which then go on in memory alone,
        // and the adopter is killed in turn, the next one may divide the rest otherwise than it was sent.)
        guard publisher.room >= blocks.count else { return .noRoom }
        let middle = blocks.lowerBound + blocks.count / 2
        let first = take(taking, blocks: blocks.lowerBound..<middle, whole: whole, encode)
        guard first == .taken else { return first }
        return take(taking, blocks: middle..<blocks.upperBound, whole: false, encode)
    }

    /// Steps 2 and 3.
    private func account(_ taking: Taking, _ part: Range<Int>, whole: Bool, valid: Int) {
        let both = taking.series.place.snapshots
        let (taken, spare) = (both[valid], both[1 - valid])
        for (index, (_, block, counts)) in taking.totals.blocks.enumerated() {
            let (before, after) = (block.taken(valid), block.taken(1 - valid))
            for number in before.indices {
                after[number] = part.contains(index) ? max(before[number], counts[number]) : before[number]
            }
            publisher.keep(UnsafeRawPointer(after.baseAddress!), after.count * 8)
        }
        let sum = whole ? taking.sum : SumTaken(taken)
        for number in spare.words.indices {
            spare.words[number] = whole ? taking.totals.words[number] : taken.words[number]
        }
        for number in spare.total.indices { spare.total[number] = sum.total[number] }
        spare.isTotalLost = sum.isTotalLost
        spare.resets = sum.resets
        spare.epoch = whole ? taking.epoch : taken.epoch
        spare.time = taking.end
        // All but the tag, which is the first word and stays what it was.
        publisher.keep(spare.start + 8, InstrumentSnapshot.bytes - 8)
        publisher.tag(spare)
    }
}
