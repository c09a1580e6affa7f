import Testing

@testable import Hyperstep

@Suite("OpenTelemetry's environment variables")
struct OpenTelemetryVariablesTests {
    private func resolved(
        _ environment: [String: String], _ settings: Settings = Settings(directory: "/d")
    ) throws -> ResolvedSettings {
        try settings.resolved(environment: environment)
    }

    @Test(
        "The SDK is disabled by the word true, unless our own settings say otherwise",
        arguments: [
            ("true", nil, .disabled), ("TRUE", nil, .disabled), ("1", nil, .online), ("", nil, .online),
            ("true", "offline", .offline),
        ] as [(String, String?, Settings.Mode)])
    func disabled(value: String, mode: String?, expected: Settings.Mode) throws {
        var environment = ["OTEL_SDK_DISABLED": value]
        environment["HYPERSTEP_MODE"] = mode
        #expect(try resolved(environment).mode == expected)
        #expect(try resolved(environment, Settings(mode: .online, directory: "/d")).mode == .online)
    }

    @Test("A service's name comes from the code, its variable or the resource, in this order")
    func service() throws {
        var environment = ["OTEL_RESOURCE_ATTRIBUTES": "service.name=of%20resource"]
        #expect(try resolved(environment).service == "of resource")
        environment["OTEL_SERVICE_NAME"] = "of variable"
        #expect(try resolved(environment).service == "of variable")
        var settings = Settings(directory: "/d")
        settings.service = "of code"
        #expect(try resolved(environment, settings).service == "of code")
        #expect(try resolved([:]).service == "")
    }

    @Test(
        "A name of the environment that cannot be stored is no reason not to start; one of the code is an error"
    )
    func wrongService() throws {
        #expect(try resolved(["OTEL_SERVICE_NAME": "a\nb"]).service == "")
        let long = String(repeating: "é", count: 300)
        #expect(try resolved(["OTEL_SERVICE_NAME": long]).service.utf8.count == 256)
        var settings = Settings(directory: "/d")
        settings.service = long
        #expect(throws: StartError.self) { try resolved([:], settings) }
    }

    @Test(
        "Attributes of the resource are read as the specification has them",
        arguments: [
            ("a=1,b=x%2Cy", ["a": "1", "b": "x,y"]), (" a = 1 ,service.name=s", ["a": "1"]),
            ("a=", ["a": ""]),
            ("a=b=c", ["a": "b=c"]), ("", [:]), ("a", [:]), ("a=1,=2", [:]), ("a=%zz", [:]), (",,", [:]),
        ])
    func attributes(text: String, expected: [String: String]) throws {
        #expect(try resolved(["OTEL_RESOURCE_ATTRIBUTES": text]).resource == expected)
    }

    @Test("Those of the run's first process are parameters of the run")
    func parameters() throws {
        let settings = try resolved(["OTEL_RESOURCE_ATTRIBUTES": "host.name=h,rate=9"])
        #expect(settings.surroundings(rank: 0) == ["host.name": "h", "rate": "9"])
        #expect(settings.surroundings(rank: 1) == [:])
    }
}
