import HyperstepShipper
import Testing

@testable import Hyperstep

@Suite("Settings")
struct SettingsTests {
    private let home = ["HOME": "/home/ada"]

    @Test("Without any, the defaults hold")
    func defaults() throws {
        let resolved = try Settings().resolved(environment: home)
        #expect(resolved.endpoint.description == "http://127.0.0.1:4319")
        #expect(resolved.token == nil)
        #expect(resolved.mode == .online)
        #if canImport(Darwin)
            #expect(resolved.directory == "/home/ada/Library/Application Support/Hyperstep")
        #else
            #expect(resolved.directory == "/home/ada/.local/state/hyperstep")
        #endif
        #expect(resolved.ringCapacity == 65_536)
        #expect(resolved.whenFull == .drop)
    }

    private let environment = [
        "HOME": "/home/ada", "XDG_STATE_HOME": "/state", "HYPERSTEP_ENDPOINT": "http://localhost:1",
        "HYPERSTEP_TOKEN": "from-environment", "HYPERSTEP_MODE": "Offline",
        "HYPERSTEP_DIR": "/from/environment",
    ]

    @Test("The environment holds over the defaults")
    func environmentOverDefaults() throws {
        let resolved = try Settings().resolved(environment: environment)
        #expect(resolved.endpoint.description == "http://localhost:1")
        #expect(resolved.token?.value == "from-environment")
        #expect(resolved.mode == .offline)
        #expect(resolved.directory == "/from/environment")
    }

    @Test("What is given in code holds over the environment, nonsense there included")
    func codeOverEnvironment() throws {
        var environment = environment
        environment["HYPERSTEP_ENDPOINT"] = "nonsense"
        environment["HYPERSTEP_MODE"] = "nonsense"
        let settings = Settings(
            endpoint: "http://[::1]:2/", token: "from-code", mode: .online, directory: "/from/code")
        let resolved = try settings.resolved(environment: environment)
        #expect(resolved.endpoint.description == "http://[::1]:2")
        #expect(resolved.token?.value == "from-code")
        #expect(resolved.mode == .online)
        #expect(resolved.directory == "/from/code")
    }

    @Test(
        "How often the machine is sampled: code over environment over 15 s; zero or off is never",
        arguments: [
            (nil, nil, .seconds(15)), (nil, "2.5", .milliseconds(2_500)), (nil, "OFF", nil), (nil, "0", nil),
            (nil, "-0.0", nil),
            (.zero, "20", nil), (.seconds(1), "nonsense", .seconds(1)),
        ] as [(Duration?, String?, Duration?)])
    func systemInterval(code: Duration?, variable: String?, expected: Duration?) throws {
        var settings = Settings()
        settings.systemInterval = code
        var environment = home
        environment["HYPERSTEP_SYSTEM_INTERVAL"] = variable
        #expect(try settings.resolved(environment: environment).systemInterval == expected)
    }

    @Test(
        "A nonsensical interval of samples is an error",
        arguments: ["-1", "nan", "1e300", "15s", "0.01", "3601", "1e-30", "5e-324"])
    func wrongSystemInterval(text: String) throws {
        var environment = home
        environment["HYPERSTEP_SYSTEM_INTERVAL"] = text
        let error = try #require(throws: StartError.self) {
            try Settings().resolved(environment: environment)
        }
        #expect("\(error)".contains("HYPERSTEP_SYSTEM_INTERVAL") && "\(error)".contains(text))
    }

    @Test("A variable that is empty counts as not set")
    func emptyVariables() throws {
        var empty = environment.mapValues { _ in "" }
        empty["HOME"] = "/home/ada"
        #expect(
            try Settings().resolved(environment: empty) == Settings().resolved(environment: home))
    }

    @Test("The directory follows XDG, expands ~/, and becomes absolute")
    func directories() throws {
        func directory(_ settings: Settings, _ environment: [String: String]) throws -> String {
            try settings.resolved(environment: environment).directory
        }
        #if !canImport(Darwin)
            #expect(try directory(Settings(), ["XDG_STATE_HOME": "/state"]) == "/state/hyperstep")
            #expect(
                try directory(Settings(), ["XDG_STATE_HOME": "relative", "HOME": "/h"]).hasPrefix("/h/"))
        #endif
        #expect(try directory(Settings(directory: "~/runs"), home) == "/home/ada/runs")
        let relative = try directory(Settings(directory: "runs"), home)
        #expect(relative.hasPrefix("/") && relative.hasSuffix("/runs"))
    }

    @Test(
        "An endpoint that names no collector is refused by name",
        arguments: [
            "nonsense", "127.0.0.1:4319", "ftp://127.0.0.1", "http://", "http://:4319", "http://host:0",
            "http://host:65536", "http://host:port", "http://host:", "http://host/path", "http://host?query",
            "http://ho st", "https://host:4319", "",
        ])
    func endpoints(text: String) {
        let inCode = #expect(throws: StartError.self) {
            try Settings(endpoint: text).resolved(environment: home)
        }
        #expect(inCode?.setting == "endpoint")
        #expect(inCode?.variable == nil)
        guard !text.isEmpty else { return }
        let inEnvironment = #expect(throws: StartError.self) {
            try Settings().resolved(environment: ["HOME": "/h", "HYPERSTEP_ENDPOINT": text])
        }
        #expect(inEnvironment?.description.contains("endpoint (HYPERSTEP_ENDPOINT)") == true)
        #expect(inEnvironment?.description.contains("http://127.0.0.1:4319") == true)
    }

    @Test("Every other setting that is nonsense is refused by name")
    func nonsense() {
        func setting(_ environment: [String: String], _ change: (inout Settings) -> Void) -> String? {
            var settings = Settings()
            change(&settings)
            let error = #expect(throws: StartError.self) { try settings.resolved(environment: environment) }
            return error?.setting
        }
        #expect(setting(["HOME": "/h", "HYPERSTEP_MODE": "of"]) { _ in } == "mode")
        #expect(setting([:]) { $0.mode = .offline } == "directory")
        #expect(setting(home) { $0.directory = "" } == "directory")
        #expect(setting(home) { $0.directory = "a\u{0}b" } == "directory")
        #expect(setting(home) { $0.ringCapacity = 63 } == "ringCapacity")
        #expect(setting(home) { $0.ringCapacity = .min } == "ringCapacity")
        #expect(setting(home) { $0.ringCapacity = .max } == "ringCapacity")
        #expect(setting(home) { $0.spoolLimit = 0 } == "spoolLimit")
        #expect(setting(home) { $0.flushInterval = .zero } == "flushInterval")
        #expect(setting(home) { $0.flushInterval = .seconds(Int64.max) } == "flushInterval")
        #expect(setting(home) { $0.token = "two words" } == "token")
        #expect(setting(home) { $0.token = "line\n" } == "token")
        #expect(setting(home) { $0.token = "" } == "token")
    }

    @Test(
        "A capacity is rounded up to a power of two",
        arguments: [(64, 64), (65, 128), (1000, 1024), (65_536, 65_536), (1 << 20, 1 << 20)])
    func capacities(given: Int, expected: Int) throws {
        var settings = Settings()
        settings.ringCapacity = given
        #expect(try settings.resolved(environment: home).ringCapacity == expected)
    }

    @Test("A token never leaves this machine over plain HTTP")
    func tokenInTheOpen() throws {
        let error = #expect(throws: StartError.self) {
            try Settings(endpoint: "http://metrics.example.com:4319").resolved(
                environment: ["HOME": "/h", "HYPERSTEP_TOKEN": "s3cret"])
        }
        #expect(error?.setting == "token")
        #expect(error?.description.contains("HYPERSTEP_TOKEN") == true)
        #expect(error?.description.contains("s3cret") == false)
        for host in ["127.0.0.1", "localhost", "[::1]", "127.8.8.8"] {
            #expect(
                try Settings(endpoint: "http://\(host)", token: "s3cret").resolved(environment: home).token?
                    .value
                    == "s3cret")
        }
        #expect(
            try Settings(endpoint: "http://metrics.example.com").resolved(environment: home).token == nil)
    }

    @Test("No description shows a token or a URL's password")
    func secrets() throws {
        var settings = Settings(endpoint: "http://ada:pa55word@host:1", token: "s3cret")
        settings.whenFull = .wait
        var dumped = ""
        dump(settings, to: &dumped)
        let resolved = try Settings(token: "s3cret").resolved(environment: home)
        var dumpedResolved = ""
        dump(resolved, to: &dumpedResolved)
        let error = #expect(throws: StartError.self) { try settings.resolved(environment: home) }
        let texts = [
            "\(settings)", String(reflecting: settings), dumped, "\(resolved)", String(reflecting: resolved),
            dumpedResolved, error?.description ?? "", "\(String(describing: error))",
        ]
        for text in texts {
            #expect(!text.contains("s3cret") && !text.contains("pa55word"), "\(text)")
        }
        #expect("\(settings)".contains("token: (hidden)"))
        #expect("\(settings)".contains("whenFull: wait"))
    }

    @Test("validate takes what start would take and refuses what it would refuse")
    func validate() throws {
        var settings = Settings(endpoint: "http://127.0.0.1:4319", mode: .offline, directory: "/somewhere")
        try settings.validate()
        settings.ringCapacity = 0
        let error = #expect(throws: StartError.self) { try settings.validate() }
        #expect(error?.description.hasPrefix("cannot use these settings: ringCapacity is 0") == true)
    }
}
