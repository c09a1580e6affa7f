// swift-tools-version: 6.2
import PackageDescription

/// Every target is built with the same settings. Warnings are errors where
/// `HYPERSTEP_WARNINGS_AS_ERRORS` is set (CI does), so that a newer compiler's
/// new warning never breaks the build of someone who depends on this package.
let settings: [SwiftSetting] =
    [
        .swiftLanguageMode(.v6),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
    ]
    + (Context.environment["HYPERSTEP_WARNINGS_AS_ERRORS"] == nil
        ? [] : [.treatAllWarnings(as: .error)])

let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioLocks = Target.Dependency.product(name: "NIOConcurrencyHelpers", package: "swift-nio")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")

let coreMetrics = Target.Dependency.product(
    name: "CoreMetrics", package: "swift-metrics", condition: .when(traits: ["SwiftMetrics"]))

let package = Package(
    name: "hyperstep",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "Hyperstep", targets: ["Hyperstep"]),
        // With the trait ServiceLifecycle: a run, monitors and metrics as a service of swift-service-lifecycle.
        .library(name: "HyperstepLifecycle", targets: ["HyperstepLifecycle"]),
        // With the trait SwiftMetrics: a backend of swift-metrics.
        .library(name: "HyperstepMetrics", targets: ["HyperstepMetrics"]),
        // A collector in memory, for the tests of programs that use the SDK.
        .library(name: "HyperstepTestKit", targets: ["HyperstepTestKit"]),
        // For the collector, which is a package of its own: no promise of stability to anyone else.
        .library(
            name: "HyperstepInternals",
            targets: [
                "HyperstepHistogram", "HyperstepWire", "HyperstepHTTP2", "HyperstepRecorder",
                "HyperstepShipper", "HyperstepSystem",
            ]),
    ],
    // All off: who does not ask for them resolves and builds nothing of what they need.
    traits: [
        .trait(
            name: "ServiceLifecycle",
            description: "HyperstepLifecycle, which depends on swift-service-lifecycle"),
        .trait(name: "SwiftMetrics", description: "HyperstepMetrics, which depends on swift-metrics"),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.9.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.80.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.6.0"),
    ],
    targets: [
        // MARK: C libraries, one importer each
        .systemLibrary(
            name: "CNGHTTP2", pkgConfig: "libnghttp2",
            providers: [.apt(["libnghttp2-dev"]), .brew(["libnghttp2"])]),
        .systemLibrary(
            name: "CProtobufC", pkgConfig: "libprotobuf-c",
            providers: [.apt(["libprotobuf-c-dev"]), .brew(["protobuf-c"])]),
        .target(name: "CHyperstepProto", dependencies: ["CProtobufC"]),

        // MARK: The SDK, from the bottom up
        .target(name: "HyperstepClock", swiftSettings: settings),
        .target(name: "HyperstepHistogram", swiftSettings: settings),
        .target(
            name: "HyperstepWire", dependencies: ["CHyperstepProto", "HyperstepHistogram"],
            swiftSettings: settings),
        .target(
            name: "HyperstepHTTP2", dependencies: ["CNGHTTP2", nioCore, nioPosix],
            swiftSettings: settings),
        .target(
            name: "HyperstepRecorder", dependencies: ["HyperstepHistogram"], swiftSettings: settings),
        .target(name: "HyperstepSystem", swiftSettings: settings),
        .target(
            name: "HyperstepShipper",
            dependencies: [
                "HyperstepHistogram", "HyperstepRecorder", "HyperstepWire", "HyperstepHTTP2",
                nioCore, nioPosix, nioLocks, logging,
            ],
            swiftSettings: settings),
        .target(
            name: "Hyperstep",
            dependencies: [
                "HyperstepClock", "HyperstepHistogram", "HyperstepRecorder", "HyperstepShipper",
                "HyperstepSystem",
                "HyperstepWire", nioCore, nioPosix, nioLocks, logging,
            ],
            swiftSettings: settings),
        .target(
            name: "HyperstepLifecycle",
            dependencies: [
                "Hyperstep", logging,
                .target(name: "HyperstepMetrics", condition: .when(traits: ["SwiftMetrics"])),
                .product(
                    name: "ServiceLifecycle", package: "swift-service-lifecycle",
                    condition: .when(traits: ["ServiceLifecycle"])),
            ],
            swiftSettings: settings),

        .target(
            name: "HyperstepMetrics",
            dependencies: [
                "Hyperstep", "HyperstepRecorder", "HyperstepWire", nioLocks, logging, coreMetrics,
            ],
            swiftSettings: settings),

        .target(
            name: "HyperstepTestKit",
            dependencies: [
                "Hyperstep", "HyperstepHistogram", "HyperstepHTTP2", "HyperstepWire", nioCore, nioPosix,
                nioLocks,
            ],
            swiftSettings: settings),

        // MARK: Tests, one folder per target and one for the whole
        .target(name: "TestRandom", path: "Tests/TestRandom", swiftSettings: settings),
        .target(
            name: "TestLogs", dependencies: [logging, nioLocks], path: "Tests/TestLogs",
            swiftSettings: settings),
        .testTarget(
            name: "HyperstepHistogramTests", dependencies: ["HyperstepHistogram", "TestRandom"],
            swiftSettings: settings),
        .testTarget(
            name: "HyperstepWireTests", dependencies: ["HyperstepWire", "HyperstepHistogram", "TestRandom"],
            exclude: ["Golden"], swiftSettings: settings),
        .testTarget(
            name: "HyperstepHTTP2Tests",
            dependencies: [
                "HyperstepHTTP2", nioCore, nioPosix,
                .product(name: "NIOEmbedded", package: "swift-nio"),
            ], swiftSettings: settings),
        .testTarget(
            name: "HyperstepRecorderTests",
            dependencies: [
                "HyperstepHistogram", "HyperstepRecorder", "TestChildren", "TestRandom",
                "test-recorder-writer",
            ],
            exclude: ["Fixtures"], swiftSettings: settings),
        // Programs that tests run and kill, and what they share with them.
        .target(name: "TestChildren", path: "Tests/TestChildren", swiftSettings: settings),
        // A recording program in a process of its own, for the recorder's tests to kill.
        .executableTarget(
            name: "test-recorder-writer",
            dependencies: ["HyperstepHistogram", "HyperstepRecorder", "TestChildren"],
            path: "Tests/test-recorder-writer", swiftSettings: settings),
        .testTarget(
            name: "HyperstepSystemTests", dependencies: ["HyperstepSystem", "TestRandom"],
            swiftSettings: settings),
        .testTarget(
            name: "HyperstepShipperTests",
            dependencies: [
                "HyperstepHistogram", "HyperstepShipper", "HyperstepRecorder", "HyperstepWire",
                "HyperstepHTTP2", "TestRandom", nioCore, nioPosix, nioLocks, logging,
            ],
            swiftSettings: settings),
        .testTarget(
            name: "HyperstepLifecycleTests",
            dependencies: [
                "HyperstepLifecycle", "Hyperstep", "HyperstepMetrics", "HyperstepTestKit", "TestLogs",
                logging,
                coreMetrics, nioLocks,
                .product(
                    name: "ServiceLifecycle", package: "swift-service-lifecycle",
                    condition: .when(traits: ["ServiceLifecycle"])),
                .product(
                    name: "ServiceLifecycleTestKit", package: "swift-service-lifecycle",
                    condition: .when(traits: ["ServiceLifecycle"])),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "HyperstepTests",
            dependencies: [
                "Hyperstep", "HyperstepHistogram", "HyperstepRecorder", "HyperstepShipper", "HyperstepSystem",
                "HyperstepTestKit", "HyperstepWire", "TestChildren", "TestRandom",
                "test-monitored-server", "test-run-program", nioLocks, logging,
            ],
            swiftSettings: settings),
        // A run in a process of its own, as another user, without descriptors or a home, for the SDK's tests.
        .executableTarget(
            name: "test-run-program",
            dependencies: ["Hyperstep", "HyperstepRecorder", "TestChildren", logging],
            path: "Tests/test-run-program", swiftSettings: settings),
        // A server with monitors in a process of its own, for the SDK's tests to kill.
        .executableTarget(
            name: "test-monitored-server", dependencies: ["Hyperstep", "TestChildren"],
            path: "Tests/test-monitored-server", swiftSettings: settings),
        .testTarget(
            name: "HyperstepMetricsTests",
            dependencies: [
                "Hyperstep", "HyperstepHistogram", "HyperstepMetrics", "HyperstepTestKit", "HyperstepWire",
                "TestChildren", "TestLogs", "TestRandom", "test-metered-server", coreMetrics, nioLocks,
                logging,
            ],
            swiftSettings: settings),
        // A server with instruments in a process of its own, for the tests of the metrics to kill.
        .executableTarget(
            name: "test-metered-server",
            dependencies: ["Hyperstep", "HyperstepMetrics", "TestChildren", coreMetrics],
            path: "Tests/test-metered-server", swiftSettings: settings),
        .testTarget(
            name: "HyperstepTestKitTests",
            dependencies: ["Hyperstep", "HyperstepHistogram", "HyperstepTestKit", "HyperstepWire", logging],
            swiftSettings: settings),
    ]
)
