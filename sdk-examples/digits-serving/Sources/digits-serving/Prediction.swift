import DigitsModel
import Hummingbird

/// What is posted to `/predict`: 64 pixels, row by row, each 0 (white) to 16 (black).
struct Image: Decodable {
    var pixels: [Float]
}

/// What is posted to `/predict/batch`.
struct Batch: Decodable {
    static let largest = 1_000
    var images: [[Float]]
}

/// A digit, and how likely the image is each of the ten.
struct Prediction: ResponseEncodable {
    var digit: Int
    var probabilities: [Float]

    /// - Throws: an answer of 400 that names the image and pixel at fault.
    static func of(_ images: [[Float]], by model: Perceptron) throws -> [Prediction] {
        for (number, image) in images.enumerated() { try check(image, number) }
        let scaled = images.map { $0.map { $0 / Digit.darkest } }
        return model.probabilities(of: scaled).map { probabilities in
            let digit = probabilities.indices.max { probabilities[$0] < probabilities[$1] } ?? 0
            return Prediction(digit: digit, probabilities: probabilities)
        }
    }

    private static func check(_ image: [Float], _ number: Int) throws {
        guard image.count == Digit.pixelCount else {
            throw HTTPError(
                .badRequest,
                message: "pixels: image \(number) has \(image.count), expected \(Digit.pixelCount)")
        }
        if let pixel = image.firstIndex(where: { !(0...Digit.darkest).contains($0) }) {
            throw HTTPError(
                .badRequest,
                message: "pixels: number \(pixel) of image \(number) is \(image[pixel]), expected 0 to 16")
        }
    }
}

/// The answer to a batch, in the order of its images.
struct Predictions: ResponseEncodable {
    var predictions: [Prediction]
}

/// The answer to `GET /health`: which model is served.
struct Health: ResponseEncodable {
    var status = "ok"
    var runID: String
    var epoch: Int

    init(_ checkpoint: Checkpoint) {
        runID = "\(checkpoint.runID)"
        epoch = checkpoint.epoch
    }

    private enum CodingKeys: String, CodingKey {
        case status
        case runID = "run_id"
        case epoch
    }
}
