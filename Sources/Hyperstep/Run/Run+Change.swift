extension Run {
    /// Sets parameters of the run while it goes on, key by key: what is not named stays as it is.
    ///
    /// ```swift
    /// run.update(parameters: ["learning_rate": .double(rate), "frozen_layers": 3])
    /// ```
    ///
    /// Callable from any thread; never throws, and waits only where ``Settings/whenFull`` asks to. All parameters of a run
    /// together take at most 64 KiB of JSON, 13 KiB each: one that does not fit is left out, so that the value before
    /// stays, with one warning for each name; every one after `finish` is left out, too. NaN and infinities are stored as
    /// the strings `"NaN"`, `"Infinity"` and `"-Infinity"`.
    public func update(parameters: [String: ParameterValue]) {
        guard !parameters.isEmpty else { return }
        recording?.change(parameters: parameters, tags: [], logger: logger)
    }

    /// Adds tags to the run while it goes on; those that it has stay, and none is there twice.
    ///
    /// Callable from any thread; never throws, and waits only where ``Settings/whenFull`` asks to. A run has at most 64 tags of 1
    /// to 256 bytes each: what is beyond is left out with a warning, once, and so is every one after `finish`.
    public func add(tags: [String]) {
        guard !tags.isEmpty else { return }
        recording?.change(parameters: [:], tags: tags, logger: logger)
    }
}
