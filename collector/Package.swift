// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that a program which depends on the SDK resolves none of the collector's
// dependencies: SwiftPM resolves all that a manifest names, used or not.

/// As in the SDK's manifest.
let settings: [SwiftSetting] =
    [
        .swiftLanguageMode(.v6),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
    ]
    + (Context.environment["HYPERSTEP_WARNINGS_AS_ERRORS"] == nil
        ? [] : [.treatAllWarnings(as: .error)])

/// SwiftPM names a package at a path after its folder, which is whatever the user cloned into.
let sdk =
    Context.packageDirectory.split(separator: "/").dropLast().last.map { $0.lowercased() } ?? "hyperstep"

let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let configuration = Target.Dependency.product(name: "Configuration", package: "swift-configuration")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let signals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let internals = Target.Dependency.product(name: "HyperstepInternals", package: sdk)

let package = Package(
    name: "hyperstep-collector",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "hyperstep-collector", targets: ["hyperstep-collector"]),
        .library(name: "HyperstepPostgres", targets: ["HyperstepPostgres"]),
        // For the benchmarks: generated data. Promises nothing to anyone else.
        .library(name: "SampleData", targets: ["SampleData"]),
    ],
    dependencies: [
        // With the backend of swift-metrics, into which the tests' training loop records as well.
        .package(path: "..", traits: ["SwiftMetrics"]),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
        .package(
            url: "https://github.com/apple/swift-configuration", from: "1.0.0",
            traits: [.defaults, "YAML"]),
        .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.9.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.80.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.0.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.8.0"),
    ],
    targets: [
        .systemLibrary(
            name: "CLibPQ", pkgConfig: "libpq",
            providers: [.apt(["libpq-dev"]), .brew(["libpq"])]),
        .target(name: "HyperstepPostgres", dependencies: ["CLibPQ"], swiftSettings: settings),
        .target(
            name: "CollectorSQL", exclude: ["migrations", "repeatable"],
            cSettings: [.disableWarning("c23-extensions")]),
        .target(
            name: "HyperstepPolicies", dependencies: ["HyperstepPostgres", yams, logging],
            swiftSettings: settings),
        .target(
            name: "HyperstepCollector",
            dependencies: [
                "HyperstepPolicies", "HyperstepPostgres", "CollectorSQL", internals, nioCore, nioPosix,
                logging,
                configuration, lifecycle, signals, .product(name: "NIOHTTP1", package: "swift-nio"),
            ],
            swiftSettings: settings),
        .executableTarget(
            name: "hyperstep-collector",
            dependencies: [
                "HyperstepCollector", "HyperstepPolicies", logging, configuration, lifecycle,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: settings),

        // Databases that tests make and drop.
        .target(
            name: "TestDatabases", dependencies: ["HyperstepPostgres", nioPosix], path: "Tests/TestDatabases",
            swiftSettings: settings),
        // Data as many runs and servers leave it behind, made from a seed.
        .target(
            name: "SampleData", dependencies: ["HyperstepPostgres"], path: "Tests/SampleData",
            swiftSettings: settings),
        .testTarget(
            name: "HyperstepPostgresTests", dependencies: ["HyperstepPostgres", "TestDatabases"],
            swiftSettings: settings),
        .testTarget(
            name: "HyperstepPoliciesTests",
            dependencies: [
                "HyperstepPolicies", "HyperstepCollector", "HyperstepPostgres", "TestDatabases", internals,
                logging,
            ],
            swiftSettings: settings),
        // The SQL of docs/queries.md.
        .testTarget(
            name: "QuestionTests",
            dependencies: [
                "HyperstepCollector", "HyperstepPolicies", "HyperstepPostgres", "TestDatabases", "SampleData",
            ],
            swiftSettings: settings),
        .testTarget(
            name: "HyperstepCollectorTests",
            dependencies: [
                "HyperstepCollector", "HyperstepPolicies", "HyperstepPostgres", "TestDatabases",
                "CollectorSQL", internals, .product(name: "HyperstepTestKit", package: sdk),
                nioCore, nioPosix, logging, lifecycle,
            ],
            swiftSettings: settings),
        .testTarget(
            name: "WholeTests",
            dependencies: [
                "HyperstepCollector", "HyperstepPostgres", "TestDatabases", internals, nioCore, nioPosix,
                logging,
                .product(name: "Hyperstep", package: sdk), "hyperstep-collector", "test-trainer",
                "TrainingPattern",
            ],
            swiftSettings: settings),
        // A training loop in a process of its own, for the tests of the whole to kill.
        .executableTarget(
            name: "test-trainer",
            dependencies: [
                .product(name: "Hyperstep", package: sdk), .product(name: "HyperstepMetrics", package: sdk),
                .product(name: "CoreMetrics", package: "swift-metrics"), logging, "TrainingPattern",
            ],
            path: "Tests/test-trainer", swiftSettings: settings),
        // What it records, and what the database must therefore hold.
        .target(name: "TrainingPattern", path: "Tests/TrainingPattern", swiftSettings: settings),
    ]
)
