import Logging

extension Run {
    /// A signal that asks a process to end.
    public enum Signal: Sendable, Hashable, CaseIterable {
        /// SIGTERM: what service managers, schedulers and `kill` send.
        case terminate
        /// SIGINT: Ctrl-C.
        case interrupt
    }

    /// Has the run finish as ``Outcome/killed(_:)`` when one of these signals comes; then the process ends by that
    /// signal, as it would have without this call.
    ///
    /// ```swift
    /// run.finishOnSignals()
    /// ```
    ///
    /// Opt in where nothing else handles the signals. One that is handled or ignored already is left as it is, with
    /// a warning: under swift-service-lifecycle, say, finish the run where its service ends. Whoever sets a handler
    /// later takes the signal over. Of several runs that ask, all finish. A second signal while they do, the same or the
    /// other, ends the process at once. Steps that are recorded meanwhile are dropped: before it writes a checkpoint, a loop asks
    /// ``isFinished``.
    ///
    /// - Parameters:
    ///   - signals: which; both where it is left out.
    ///   - timeout: how long the process may take to have its records committed, 0 to 1 day. What is not committed
    ///     by then is sent by the next start. Schedulers kill what does not end in time: Kubernetes after 30 s.
    /// - Returns: whether all of the signals will be acted on.
    @discardableResult
    public func finishOnSignals(
        _ signals: Set<Signal> = [.terminate, .interrupt], timeout: Duration = .seconds(10)
    ) -> Bool {
        guard recording != nil else { return true }
        let left = SignalWatch.shared.add(self, signals, timeout: timeout)
        for signal in left {
            logger.warning(
                "\(signal.name) is handled by something else in this process: the run does not finish on it",
                metadata: ["run": "\(id)"])
        }
        return left.isEmpty
    }
}
