import DigitsData

/// One 8×8 image of a handwritten digit.
struct Digit {
    /// 64 pixels, row by row, each 0 to 1.
    let pixels: [Float]
    /// 0 to 9.
    let label: Int
}

/// The UCI optical digits, split into images to train on and images held out.
struct Dataset {
    static let pixelCount = 64
    static let labelCount = 10

    var training: [Digit]
    let heldOut: [Digit]

    /// Every fifth image of each digit is held out, of a shuffle that `random` decides: the same split for the
    /// same seed, and all ten digits in the same share on both sides.
    init(using random: inout RandomNumbers) {
        var training: [Digit] = []
        var heldOut: [Digit] = []
        var seen = Array(repeating: 0, count: Self.labelCount)
        for digit in Self.all().shuffled(using: &random) {
            seen[digit.label] += 1
            if seen[digit.label].isMultiple(of: 5) {
                heldOut.append(digit)
            } else {
                training.append(digit)
            }
        }
        self.training = training
        self.heldOut = heldOut
    }

    /// All 1,797 images, in the order of the file: a line each of 64 pixels (0 to 16) and the label.
    private static func all() -> [Digit] {
        let text = UnsafeBufferPointer(start: digits_csv(), count: digits_csv_length())
        return text.split(separator: UInt8(ascii: "\n")).map { line in
            let numbers = line.split(separator: UInt8(ascii: ",")).map(number)
            precondition(numbers.count == pixelCount + 1, "digits.csv is not the file this was built with")
            return Digit(
                pixels: numbers.dropLast().map { Float($0) / 16 }, label: numbers[pixelCount])
        }
    }

    private static func number(_ digits: Slice<UnsafeBufferPointer<UInt8>>) -> Int {
        digits.reduce(0) { $0 * 10 + Int($1) - Int(UInt8(ascii: "0")) }
    }
}

extension Array where Element == Digit {
    /// The images in batches of `size`; the last may be smaller.
    func batches(of size: Int) -> [ArraySlice<Digit>] {
        stride(from: 0, to: count, by: size).map { self[$0..<Swift.min($0 + size, count)] }
    }
}
