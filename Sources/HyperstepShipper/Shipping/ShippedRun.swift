public import HyperstepWire

/// The run of this process whose recorder is shipped, as the shipper asks it. Everything is called on the shipper's
/// thread, which empties the rings: nothing here may wait for room in one.
public protocol ShippedRun: AnyObject, Sendable {
    /// Records that the run lives. Called now and then while the collector answers.
    func recordHeartbeat()

    /// Moves what waits in memory for room into the rings. Returns whether some of it waits still.
    func recordWaiting() -> Bool

    /// Events that say again what the run is, with all its parameters and tags. They are sent at the last of these
    /// positions of the run's events, which were committed and are not in the database any more.
    ///
    /// At most as many as there are positions; none where the run cannot say. The same positions give the same number of
    /// events, and the end of a range as many as the whole range of which it is the part that they take.
    func announcement(inPlaceOf positions: Range<UInt64>) -> [RunEvent]
}
