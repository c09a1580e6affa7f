// swift-tools-version: 6.2
import PackageDescription

/// SwiftPM names a package at a path after its folder, which is whatever you cloned Hyperstep into. A package
/// outside this repository writes `.package(url: …)` and `package: "hyperstep"` instead.
let hyperstep =
    Context.packageDirectory.split(separator: "/").dropLast(2).last.map { $0.lowercased() } ?? "hyperstep"

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
    name: "digits-training",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(path: "../.."),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
    ],
    targets: [
        // The images, in the binary itself: it can be moved and still finds them.
        .target(name: "DigitsData", exclude: ["digits.csv"], cSettings: [.disableWarning("c23-extensions")]),
        .executableTarget(
            name: "digits-training",
            dependencies: [
                "DigitsData",
                .product(name: "Hyperstep", package: hyperstep),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: settings),
    ]
)
