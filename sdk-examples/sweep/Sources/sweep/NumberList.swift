import ArgumentParser

/// Numbers separated by commas, on a command line.
struct NumberList<Number: LosslessStringConvertible & Sendable>: ExpressibleByArgument, Sendable {
    let numbers: [Number]

    init(_ numbers: [Number]) {
        self.numbers = numbers
    }

    init?(argument: String) {
        let texts = argument.split(separator: ",", omittingEmptySubsequences: false)
        numbers = texts.compactMap { Number($0.trimmingPrefix(" ").description) }
        guard numbers.count == texts.count else { return nil }
    }

    var defaultValueDescription: String { numbers.map(\.description).joined(separator: ",") }
}
