// swift-tools-version: 6.2
import PackageDescription

/// SwiftPM names a package at a path after its folder, which is whatever you cloned Hyperstep into. A package
/// outside this repository writes `.package(url: …)` and `package: "hyperstep"` instead.
let hyperstep =
    Context.packageDirectory.split(separator: "/").dropLast(2).last.map { $0.lowercased() } ?? "hyperstep"

let settings: [SwiftSetting] =
    [
        .swiftLanguageMode(.v6),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
    ]
    + (Context.environment["HYPERSTEP_WARNINGS_AS_ERRORS"] == nil
        ? [] : [.treatAllWarnings(as: .error)])

let package = Package(
    name: "digits-training",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "digits-training", targets: ["digits-training"]),
        // For the other examples: the model and its file, and the loop that trains it.
        .library(name: "DigitsModel", targets: ["DigitsModel"]),
        .library(name: "DigitsTrainer", targets: ["DigitsTrainer"]),
    ],
    dependencies: [
        .package(path: "../.."),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
    ],
    targets: [
        // The images, in the binary itself: it can be moved and still finds them.
        .target(name: "DigitsData", exclude: ["digits.csv"], cSettings: [.disableWarning("c23-extensions")]),
        .target(name: "DigitsModel", dependencies: ["DigitsData"], swiftSettings: settings),
        .target(
            name: "DigitsTrainer",
            dependencies: ["DigitsModel", .product(name: "Hyperstep", package: hyperstep)],
            swiftSettings: settings),
        .executableTarget(
            name: "digits-training",
            dependencies: [
                "DigitsModel", "DigitsTrainer",
                .product(name: "Hyperstep", package: hyperstep),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "DigitsTests",
            dependencies: [
                "DigitsModel", "DigitsTrainer", .product(name: "Hyperstep", package: hyperstep),
                .product(name: "HyperstepTestKit", package: hyperstep),
            ],
            swiftSettings: settings),
    ]
)
