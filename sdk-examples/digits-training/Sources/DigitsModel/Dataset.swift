import DigitsData

/// One 8×8 image of a handwritten digit.
public struct Digit: Sendable {
    /// Pixels of an image.
    public static let pixelCount = 64
    /// How many digits there are.
    public static let labelCount = 10
    /// What `digits.csv`, and the server, take for the darkest pixel.
    public static let darkest: Float = 16

    /// 64 pixels, row by row, each 0 to 1.
    public let pixels: [Float]
    /// 0 to 9.
    public let label: Int
}

/// The UCI optical digits, split into images to train on and images to validate with.
public struct Dataset: Sendable {
    /// The images to train on.
    public let training: [Digit]
    /// The images that no training sees.
    public let validation: [Digit]

    /// Every fifth image of each digit is for validation, of a shuffle that `seed` decides: the same split for the
    /// same seed, and all ten digits in the same share on both sides.
    public init(seed: UInt64) {
        var random = RandomNumbers(seed: seed, for: .split)
        var training: [Digit] = []
        var validation: [Digit] = []
        var seen = Array(repeating: 0, count: Digit.labelCount)
        for digit in Self.all().shuffled(using: &random) {
            seen[digit.label] += 1
            if seen[digit.label].isMultiple(of: 5) {
                validation.append(digit)
            } else {
                training.append(digit)
            }
        }
        self.training = training
        self.validation = validation
    }

    /// The images to train on, in the batches of an epoch; the last batch may be smaller.
    public func batches(of size: Int, epoch: Int, seed: UInt64) -> [ArraySlice<Digit>] {
        var random = RandomNumbers(seed: seed, for: .order(epoch: epoch))
        let order = training.shuffled(using: &random)
        return stride(from: 0, to: order.count, by: size).map { order[$0..<min($0 + size, order.count)] }
    }

    /// All 1,797 images, in the order of the file: a line each of 64 pixels (0 to 16) and the label.
    public static func all() -> [Digit] {
        let text = UnsafeBufferPointer(start: digits_csv(), count: digits_csv_length())
        return text.split(separator: UInt8(ascii: "\n")).map { line in
            let numbers = line.split(separator: UInt8(ascii: ",")).map(number)
            precondition(
                numbers.count == Digit.pixelCount + 1, "digits.csv is not the file this was built with")
            return Digit(
                pixels: numbers.dropLast().map { Float($0) / Digit.darkest }, label: numbers[Digit.pixelCount]
            )
        }
    }

    private static func number(_ digits: Slice<UnsafeBufferPointer<UInt8>>) -> Int {
        digits.reduce(0) { $0 * 10 + Int($1) - Int(UInt8(ascii: "0")) }
    }
}
