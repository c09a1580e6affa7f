#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Prints measurements as they come: JSON, one object a line, on standard output; a table on standard error, so
/// that a person sees it and a pipe does not. With another format than `both` that one alone is printed, on standard
/// output.
struct Report {
    enum Format: String { case both, table, json, markdown }
    let format: Format

    init(format: Format) {
        self.format = format
        if format == .markdown {
            writeLine(
                "| measurement | value | unit | promised | compared |\n| --- | --: | --- | --- | --- |",
                to: STDOUT_FILENO)
        }
    }

    func add(_ measurement: Measurement) {
        switch format {
        case .both:
            writeLine(measurement.json, to: STDOUT_FILENO)
            writeLine(row(measurement), to: STDERR_FILENO)
        case .json: writeLine(measurement.json, to: STDOUT_FILENO)
        case .table: writeLine(row(measurement), to: STDOUT_FILENO)
        case .markdown: writeLine(markdown(measurement), to: STDOUT_FILENO)
        }
    }

    private func markdown(_ measurement: Measurement) -> String {
        let ratio = measurement.comparison.map {
            "\(Measurement.number($0.ratio)) × `\($0.against)`"
        }
        let bound = measurement.bound.map { bound in
            bound.words + (bound.subject == .ratio ? " times" : "")
                + (measurement.isMissed ? ": **missed**" : ": kept")
        }
        let cells = [
            "`\(measurement.name)`", Measurement.number(measurement.value), measurement.unit, bound ?? "",
            ratio ?? "",
        ]
        return "| " + cells.joined(separator: " | ") + " |"
    }

    private func row(_ measurement: Measurement) -> String {
        func pad(_ text: String, _ width: Int, left: Bool = false) -> String {
            let space = String(repeating: " ", count: max(0, width - text.count))
            return left ? space + text : text + space
        }
        var row = pad(measurement.name, 36) + pad(Measurement.number(measurement.value), 12, left: true)
        row += " " + pad(measurement.unit, 12)
        if let comparison = measurement.comparison {
            row += "\(Measurement.number(comparison.ratio)) × \(comparison.against)  "
        }
        if let bound = measurement.bound {
            row += "[\(bound.words): \(measurement.isMissed ? "MISSED" : "kept")] "
        }
        return row + measurement.note
    }
}

/// Writes a line, whole, past any buffering.
func writeLine(_ line: String, to descriptor: Int32) {
    let bytes = Array((line + "\n").utf8)
    var done = 0
    while done < bytes.count {
        let count = bytes[done...].withUnsafeBytes { buffer in
            #if canImport(Glibc)
                Glibc.write(descriptor, buffer.baseAddress, buffer.count)
            #elseif canImport(Musl)
                Musl.write(descriptor, buffer.baseAddress, buffer.count)
            #else
                Darwin.write(descriptor, buffer.baseAddress, buffer.count)
            #endif
        }
        guard count > 0 else { return }
        done += count
    }
}
