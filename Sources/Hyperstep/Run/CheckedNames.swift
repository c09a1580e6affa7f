import HyperstepWire

extension String {
    /// The text itself where it can be stored as a name.
    ///
    /// - Throws: ``StartError`` by the name of the parameter that it came from.
    func checked(as setting: String) throws(StartError) -> String {
        guard (1...WireLimits.maxNameBytes).contains(utf8.count) else {
            throw StartError(
                setting, "has \(utf8.count) bytes, expected 1 to \(WireLimits.maxNameBytes)",
                advice: isEmpty ? "give it a name" : "shorten it")
        }
        guard !hasControlCharacters else {
            throw StartError(
                setting, "holds a control character, expected text of one line", advice: "remove it")
        }
        return self
    }

    /// Whether the text holds one of U+0000 to U+001F or U+007F.
    var hasControlCharacters: Bool { utf8.contains { $0 < 0x20 || $0 == 0x7F } }
}

extension Model {
    /// The model of these names, whose id is made from them.
    ///
    /// - Throws: ``StartError`` for a name that cannot be stored.
    init(checking name: String, version: String?) throws(StartError) {
        let checked = try name.checked(as: "model")
        self.init(
            id: ModelID.of(name: checked, version: version), name: checked,
            version: try version?.checked(as: "modelVersion") ?? "")
    }
}
