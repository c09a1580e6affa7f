import HyperstepShipper
import HyperstepSystem
import HyperstepWire

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Settings with every question answered: code over environment over defaults, all of them checked.
struct ResolvedSettings: Sendable, Hashable {
    var endpoint: Endpoint
    var token: Secret?
    var mode: Settings.Mode
    /// Empty where there is none, which `directoryProblem` explains.
    var directory: String
    /// The directory that users share and in which `directory` is this user's own; nil where nobody shares it.
    var sharedRoot: String?
    /// Why nobody knows of a directory; nil where there is one.
    var directoryProblem: StartError?
    /// Whether somebody named the directory, in code or in the environment.
    var isDirectoryNamed: Bool
    /// The environment variable that the directory came from, if it did.
    var directoryVariable: String?
    var ringCapacity: Int
    var scalarCapacity: Int
    var monitorCapacity: Int
    var seriesCapacity: Int
    var whenFull: Settings.WhenFull
    var spoolLimit: UInt64
    var flushInterval: Duration
    var windowInterval: Duration
    /// Nil where the machine is not sampled.
    var systemInterval: Duration?
    /// Nil where the environment does not say it.
    var systemPart: SystemPart?
    /// Empty where it is not known.
    var service: String
    /// Attributes of the resource that this process is, by OpenTelemetry's word.
    var resource: [String: String]
    /// Why `OTEL_RESOURCE_ATTRIBUTES` is not used, if so.
    var resourceProblem: String?
}

extension Settings {
    /// As much of this process's environment as holds for these settings.
    var environment: [String: String] {
        let all = ProcessInfo.processInfo.environment
        return ignoresEnvironment ? all.filter { $0.key == "HOME" } : all
    }

    /// - Throws: ``StartError`` for the first setting that is nonsense.
    func resolved(environment: [String: String]) throws(StartError) -> ResolvedSettings {
        let openTelemetry = OpenTelemetryVariables(environment)
        let mode = try resolvedMode(environment, openTelemetry)
        let endpoint = try resolvedEndpoint(environment)
        // Where nothing is recorded no place for it is needed.
        let place =
            mode == .disabled ? StatePlace() : try resolvedPlace(environment, isOnline: mode == .online)
        let resolved = ResolvedSettings(
            endpoint: endpoint,
            token: try resolvedToken(environment, endpoint: endpoint),
            mode: mode,
            directory: place.directory,
            sharedRoot: place.sharedRoot,
            directoryProblem: place.problem,
            isDirectoryNamed: directory != nil || environment.nonEmpty("HYPERSTEP_DIR") != nil,
            directoryVariable: directory == nil
                ? environment.nonEmpty("HYPERSTEP_DIR").map { _ in "HYPERSTEP_DIR" } : nil,
            ringCapacity: try Self.resolvedCapacity(
                ringCapacity, "ringCapacity", "steps", advice: "65,536 suits most"),
            scalarCapacity: try Self.resolvedCapacity(
                scalarCapacity, "scalarCapacity", "values", advice: "65,536 suits most"),
            monitorCapacity: monitorCapacity,
            seriesCapacity: seriesCapacity,
            whenFull: whenFull,
            spoolLimit: spoolLimit,
            flushInterval: flushInterval,
            windowInterval: windowInterval,
            systemInterval: try resolvedSystemInterval(environment),
            systemPart: SystemPart(environment: environment),
            service: try resolvedService(openTelemetry),
            resource: openTelemetry.resource,
            resourceProblem: openTelemetry.resourceProblem)
        guard spoolLimit >= 1 << 20 else {
            throw StartError(
                "spoolLimit", "is \(spoolLimit) bytes, expected 1,048,576 or more",
                advice: "give it room for at least one batch")
        }
        guard (.milliseconds(1) ... .seconds(3600)).contains(flushInterval) else {
            throw StartError(
                "flushInterval", "is \(flushInterval), expected 1 ms to 1 hour", advice: "100 ms suits most")
        }
        guard (.milliseconds(100) ... .seconds(3600)).contains(windowInterval) else {
            throw StartError(
                "windowInterval", "is \(windowInterval), expected 100 ms to 1 hour",
                advice: "10 s suits most")
        }
        guard (1...256).contains(monitorCapacity) else {
            throw StartError(
                "monitorCapacity", "is \(monitorCapacity), expected 1 to 256", advice: "32 suits most")
        }
        guard (1...8_192).contains(seriesCapacity) else {
            throw StartError(
                "seriesCapacity", "is \(seriesCapacity), expected 1 to 8,192", advice: "1,024 suits most")
        }
        return resolved
    }

    private func resolvedMode(
        _ environment: [String: String], _ openTelemetry: OpenTelemetryVariables
    ) throws(StartError) -> Mode {
        if let mode { return mode }
        guard let text = environment.nonEmpty("HYPERSTEP_MODE") else {
            return openTelemetry.isDisabled ? .disabled : .online
        }
        guard let mode = Mode(rawValue: text.lowercased()) else {
            throw StartError(
                "mode", variable: "HYPERSTEP_MODE",
                "is \"\(text.shortened)\", expected online, offline or disabled",
                advice: "set one of them, or unset it for online")
        }
        return mode
    }

    private func resolvedEndpoint(_ environment: [String: String]) throws(StartError) -> Endpoint {
        let variable =
            endpoint == nil
            ? environment.nonEmpty("HYPERSTEP_ENDPOINT").map { _ in "HYPERSTEP_ENDPOINT" } : nil
        let text = endpoint ?? environment.nonEmpty("HYPERSTEP_ENDPOINT") ?? Self.defaultEndpoint
        do {
            return try Endpoint(text)
        } catch {
            throw StartError(
                "endpoint", variable: variable, "\"\(text.withoutUserInfo.shortened)\" \(error)",
                advice: "correct it, or leave it out for \(Self.defaultEndpoint)")
        }
    }

    private func resolvedToken(
        _ environment: [String: String], endpoint: Endpoint
    ) throws(StartError) -> Secret? {
        let variable = token == nil ? "HYPERSTEP_TOKEN" : nil
        guard let token = token ?? environment.nonEmpty("HYPERSTEP_TOKEN") else { return nil }
        guard (1...4096).contains(token.utf8.count), token.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else {
            throw StartError(
                "token", variable: variable,
                "is not 1 to 4,096 visible ASCII characters, which is all that a header can carry",
                advice: "look for a line feed or a space at its end (it is not shown here, as it is a secret)"
            )
        }
        guard endpoint.isLoopback else {
            throw StartError(
                "token", variable: variable,
                "would travel readable for anyone: \(endpoint) is plain HTTP and not on this machine",
                advice: "unset HYPERSTEP_TOKEN, or send to a collector or a tunnel on 127.0.0.1")
        }
        return Secret(value: token)
    }

    private func resolvedService(_ openTelemetry: OpenTelemetryVariables) throws(StartError) -> String {
        if let service { return try service.checked(as: "service") }
        // A variable that others read too is no reason not to start.
        guard let name = openTelemetry.serviceName, !name.hasControlCharacters else { return "" }
        return name.truncated(toBytes: WireLimits.maxNameBytes)
    }

    private func resolvedSystemInterval(_ environment: [String: String]) throws(StartError) -> Duration? {
        let variable = systemInterval == nil ? "HYPERSTEP_SYSTEM_INTERVAL" : nil
        let text = environment.nonEmpty("HYPERSTEP_SYSTEM_INTERVAL")
        let interval: Duration? =
            if let systemInterval {
                systemInterval
            } else if let text {
                text.lowercased() == "off" ? .zero : Double(text).flatMap(Duration.init(seconds:))
            } else {
                .seconds(15)
            }
        if interval == .zero { return nil }
        guard let interval, (.milliseconds(100) ... .seconds(3600)).contains(interval) else {
            throw StartError(
                "systemInterval", variable: variable,
                "is \(systemInterval.map { "\($0)" } ?? "\"\((text ?? "").shortened)\""), expected 100 ms to 1 hour, or \(variable == nil ? "zero" : "off") for no samples",
                advice: variable == nil ? "15 s suits most" : "give it in seconds: 15 suits most")
        }
        return interval
    }

    private static func resolvedCapacity(
        _ capacity: Int, _ setting: String, _ what: String, advice: String
    ) throws(StartError) -> Int {
        guard (64...1 << 20).contains(capacity) else {
            throw StartError(
                setting, "is \(capacity) \(what), expected 64 to 1,048,576",
                advice: "\(advice): the spool takes over when it would fill")
        }
        return 1 << (Int.bitWidth - (capacity - 1).leadingZeroBitCount)
    }
}

extension [String: String] {
    /// The variable's value; nil where it is not set or empty.
    func nonEmpty(_ variable: String) -> String? {
        self[variable].flatMap { $0.isEmpty ? nil : $0 }
    }
}

extension Duration {
    /// Nil for what is not from 0 to an hour, since no setting is longer, and for what is 0 only once it is rounded: that
    /// is a mistake, and 0 has a meaning.
    fileprivate init?(seconds: Double) {
        guard (0...3600).contains(seconds) else { return nil }
        self = .seconds(seconds)
        if self == .zero, seconds > 0 { return nil }
    }
}

extension String {
    /// The text without what stands before an "@", which may be a secret.
    var withoutUserInfo: String {
        guard let at = lastIndex(of: "@") else { return self }
        return "…\(self[at...])"
    }

    /// At most 80 characters of a text that came from outside, for an error or the log: on one line.
    var shortened: String {
        let isControl = { (scalar: Unicode.Scalar) in scalar.properties.generalCategory == .control }
        let scalars = prefix(80).unicodeScalars.map { isControl($0) ? "\u{FFFD}" : $0 }
        return String(String.UnicodeScalarView(scalars)) + (count > 80 ? "…" : "")
    }
}
