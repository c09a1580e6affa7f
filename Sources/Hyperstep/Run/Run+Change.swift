extension Run {
    /// Sets parameters of the run while it goes on, key by key: what is not named stays as it is.
    ///
    /// ```swift
    /// run.update(parameters: ["learning_rate": .double(rate), "frozen_layers": 3])
    /// ```
    ///
    /// Callable from any thread; never throws and never waits. All parameters of a run together take at most 64 KiB of
    /// JSON, 13 KiB each: one that does not fit is left out, so that the value before stays, with one warning for each
    /// name; every one after `finish` is left out, too. What is left out is counted in ``FinishReport/leftOut``. NaN and
    /// infinities are stored as the strings `"NaN"`, `"Infinity"` and `"-Infinity"`.
    ///
    /// A change is in the run's file when the call returns, and survives the process. Where more than 40 or so come faster
    /// than they are sent, those beyond wait in memory, of each parameter its newest value, until there is room, which is
    /// soon, or until the run ends: they are lost if the process is killed meanwhile.
    public func update(parameters: [String: ParameterValue]) {
        guard !parameters.isEmpty else { return }
        recording?.change(parameters: parameters, tags: [], logger: logger)
    }

    /// Adds tags to the run while it goes on; those that it has stay, and none is there twice.
    ///
    /// Callable from any thread; never throws and never waits. A run has at most 64 tags of 1 to 256 bytes each: what is
    /// beyond is left out with a warning, once, and so is every one after `finish`. What is left out is counted in
    /// ``FinishReport/leftOut``. As for ``update(parameters:)``, many changes at once may wait in memory for a moment.
    public func add(tags: [String]) {
        guard !tags.isEmpty else { return }
        recording?.change(parameters: [:], tags: tags, logger: logger)
    }
}
