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
    name: "sweep",
    platforms: [.macOS(.v15)],
    products: [.executable(name: "sweep", targets: ["sweep"])],
    dependencies: [
        .package(path: "../.."),
        .package(path: "../digits-training"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
    ],
    targets: [
        .executableTarget(
            name: "sweep",
            dependencies: [
                .product(name: "DigitsModel", package: "digits-training"),
                .product(name: "DigitsTrainer", package: "digits-training"),
                .product(name: "Hyperstep", package: hyperstep),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: settings)
    ]
)
