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
    name: "digits-serving",
    platforms: [.macOS(.v15)],
    products: [.executable(name: "digits-serving", targets: ["digits-serving"])],
    dependencies: [
        .package(path: "../..", traits: ["ServiceLifecycle", "SwiftMetrics"]),
        .package(path: "../digits-training"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.9.0"),
        // Without its default traits: the server is configured by flags, and needs FoundationEssentials alone.
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.20.0", traits: []),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.8.0"),
    ],
    targets: [
        .executableTarget(
            name: "digits-serving",
            dependencies: [
                .product(name: "DigitsModel", package: "digits-training"),
                .product(name: "Hyperstep", package: hyperstep),
                .product(name: "HyperstepLifecycle", package: hyperstep),
                .product(name: "HyperstepMetrics", package: hyperstep),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings)
    ]
)
