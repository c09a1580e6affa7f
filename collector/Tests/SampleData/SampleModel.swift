#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// A model that runs train and, some of them, servers serve.
public struct SampleModel: Sendable {
    /// Random, by the seed.
    public let id: UUID
    /// Its name.
    public let name: String

    static func all(_ shape: SampleShape) -> [SampleModel] {
        let names = [
            "digits", "resnet-50", "gpt-small", "bert-base", "unet", "whisper-tiny", "ranker", "tabular",
            "vit-small", "detector", "forecast", "embedder",
        ]
        return (0..<shape.models).map { index in
            var random = SampleRandom(seed: shape.seed, 1, index)
            let round = index / names.count
            return SampleModel(
                id: random.uuid(), name: names[index % names.count] + (round == 0 ? "" : "-\(round + 1)"))
        }
    }
}
