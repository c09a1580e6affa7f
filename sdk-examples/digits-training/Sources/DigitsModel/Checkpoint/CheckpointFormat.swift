#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

// The file of a checkpoint. Numbers are little-endian.
//
//   bytes  what
//       8  "digits" CR LF: a transfer that changes ends of lines is found at once
//       4  version of the format, 1
//      16  id of the run
//   5 × 8  epochs, batch size, hidden units (integers); learning rate, momentum (doubles)
//       8  seed
//   2 × 8  epochs done, steps done
//   n × 4  floats: hidden layer, output layer; each weights, bias, velocity of weights, velocity of bias
//       4  CRC-32 of all bytes before it

/// What is wrong with a checkpoint's bytes.
struct FormatError: Error {
    let reason: String
    var isNewer = false
}

extension Checkpoint {
    private static let magic = Array("digits\r\n".utf8)
    private static let version: UInt32 = 1
    private static let headBytes = 8 + 4 + 16 + 8 * 8

    /// The bytes of its file.
    var encoded: [UInt8] {
        var bytes = Self.magic
        bytes.append(Self.version)
        withUnsafeBytes(of: runID.uuid) { bytes += $0 }
        bytes.append(UInt64(hyperparameters.epochs))
        bytes.append(UInt64(hyperparameters.batchSize))
        bytes.append(UInt64(hyperparameters.hiddenUnits))
        bytes.append(hyperparameters.learningRate.bitPattern)
        bytes.append(hyperparameters.momentum.bitPattern)
        bytes.append(hyperparameters.seed)
        bytes.append(UInt64(epoch))
        bytes.append(UInt64(step))
        for value in model.values { bytes.append(value.bitPattern) }
        bytes.append(CRC32.of(bytes))
        return bytes
    }

    /// A checkpoint of a file's bytes, each of which is checked.
    init(encoded bytes: [UInt8]) throws(FormatError) {
        var reader = ByteReader(bytes)
        guard bytes.starts(with: Self.magic) else {
            throw FormatError(reason: "it is no checkpoint of this example")
        }
        reader.skip(Self.magic.count)
        guard bytes.count >= Self.headBytes + 4 else { throw FormatError(reason: "it is not whole") }
        let version: UInt32 = reader.next()
        guard version == Self.version else {
            throw FormatError(
                reason: "it has version \(version) of the format, expected \(Self.version)", isNewer: true)
        }
        runID = reader.nextUUID()
        hyperparameters = Hyperparameters()
        hyperparameters.epochs = Int(clamping: reader.next() as UInt64)
        hyperparameters.batchSize = Int(clamping: reader.next() as UInt64)
        hyperparameters.hiddenUnits = Int(clamping: reader.next() as UInt64)
        hyperparameters.learningRate = Double(bitPattern: reader.next())
        hyperparameters.momentum = Double(bitPattern: reader.next())
        hyperparameters.seed = reader.next()
        epoch = Int(clamping: reader.next() as UInt64)
        step = Int(clamping: reader.next() as UInt64)
        if let fault = hyperparameters.fault { throw FormatError(reason: "its \(fault)") }

        let count = Perceptron.valueCount(hiddenUnits: hyperparameters.hiddenUnits)
        let expected = Self.headBytes + 4 * count + 4
        guard bytes.count == expected else {
            throw FormatError(reason: "it has \(bytes.count) bytes, expected \(expected)")
        }
        let values = (0..<count).map { _ in Float(bitPattern: reader.next()) }
        let checksum: UInt32 = reader.next()
        guard checksum == CRC32.of(bytes.dropLast(4)) else {
            throw FormatError(reason: "its checksum does not fit its bytes: it was damaged")
        }
        guard (0...hyperparameters.epochs).contains(epoch), (0...Int(Int32.max)).contains(step),
            let model = Perceptron(hiddenUnits: hyperparameters.hiddenUnits, values: values)
        else {
            throw FormatError(reason: "it says that \(epoch) epochs and \(step) steps are done")
        }
        self.model = model
    }
}
