// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that users of the SDK neither build nor resolve it.

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// SwiftPM names a package at a path after its folder, which is whatever the user cloned into.
let sdk =
    Context.packageDirectory.split(separator: "/").dropLast().last.map { $0.lowercased() } ?? "hyperstep"

let package = Package(
    name: "hyperstep-benchmarks",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(path: "..", traits: ["SwiftMetrics"]), .package(path: "../collector"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.9.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.80.0"),
    ],
    targets: [
        // The processor's tick counter and a count of allocations: neither can be had from Swift.
        .target(name: "CBenchSupport"),
        .executableTarget(
            name: "hyperstep-bench",
            dependencies: [
                "CBenchSupport", .product(name: "Hyperstep", package: sdk),
                .product(name: "HyperstepInternals", package: sdk),
                .product(name: "HyperstepMetrics", package: sdk),
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "HyperstepPostgres", package: "collector"),
                .product(name: "SampleData", package: "collector"),
                // Collectors that are none.
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: settings),
        // Fills a database with generated data.
        .executableTarget(
            name: "hyperstep-sample-data",
            dependencies: [
                .product(name: "HyperstepPostgres", package: "collector"),
                .product(name: "SampleData", package: "collector"),
            ],
            swiftSettings: settings),
    ]
)
