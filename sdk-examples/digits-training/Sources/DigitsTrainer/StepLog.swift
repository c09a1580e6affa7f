import DigitsModel

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The steps of a training as CSV, to hold against what the database has of them.
///
/// Each line is written at once, after the step was recorded: what is in the file was recorded, even where the
/// process was killed a moment later.
public final class StepLog {
    private let file: Int32

    /// A new file, in the place of one that may be there.
    ///
    /// - Throws: ``StepLogError``.
    public init(path: String) throws {
        file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw StepLogError("open \(path)") }
        try add(line: "step,epoch,batch,loss,accuracy,learning_rate,gradient_norm")
    }

    deinit {
        close(file)
    }

    func add(step: Int, epoch: Int, batch: Int, _ seen: Perceptron.Step, learningRate: Double) throws {
        // A double's description reads back as the same double.
        try add(
            line:
                "\(step),\(epoch),\(batch),\(seen.loss),\(seen.accuracy),\(learningRate),\(seen.gradientNorm)"
        )
    }

    private func add(line: String) throws {
        var bytes = Array(line.utf8)
        bytes.append(UInt8(ascii: "\n"))
        guard write(file, bytes, bytes.count) == bytes.count else { throw StepLogError("write a line") }
    }
}

/// Why the log of steps could not be written.
public struct StepLogError: Error, Sendable, CustomStringConvertible {
    /// As "cannot open /x/steps.csv, the log of steps: No such file or directory".
    public let description: String

    init(_ what: String) {
        description = "cannot \(what), the log of steps: \(String(cString: strerror(errno)))"
    }
}
