extension Run {
    /// Sets parameters of the run while it goes on, key by key: what is not named stays as it is.
    ///
    /// ```swift
    /// run.update(parameters: ["learning_rate": .double(rate), "frozen_layers": 3])
    /// ```
    ///
    /// Callable from any thread; never throws. All parameters of a run together take at most 64 KiB of JSON, 13 KiB
    /// each: one that does not fit is left out with a warning, and so is every one after `finish`. NaN and
    /// infinities are stored as the strings `"NaN"`, `"Infinity"` and `"-Infinity"`.
    public func update(parameters: [String: ParameterValue]) {
        guard !parameters.isEmpty else { return }
        recording?.change(parameters: parameters, tags: [], logger: logger)
    }

    /// Adds tags to the run while it goes on; those that it has stay, and none is there twice.
    ///
    /// Callable from any thread; never throws. A run has at most 64 tags of 1 to 256 bytes each: what is beyond is
    /// left out with a warning, and so is every one after `finish`.
    public func add(tags: [String]) {
        guard !tags.isEmpty else { return }
        recording?.change(parameters: [:], tags: tags, logger: logger)
    }
}
