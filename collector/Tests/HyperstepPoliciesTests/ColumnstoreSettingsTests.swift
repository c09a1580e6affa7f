import Testing

@testable import HyperstepPolicies

@Suite("Columnstore settings as TimescaleDB shows them")
struct ColumnstoreSettingsTests {
    @Test(
        "Names, directions and quotes",
        arguments: [
            ("model_id,run_id", "\"time\" DESC", ["model_id", "run_id"], ["time desc"]),
            (nil, nil, [], []),
            ("", "", [], []),
            ("a", "bucket,\"time\" DESC", ["a"], ["bucket", "time desc"]),
            ("a, b", "step DESC NULLS LAST, time ASC", ["a", "b"], ["step desc", "time"]),
            (",,", " , ", [], []),
        ] as [(String?, String?, [String], [String])])
    func reading(segmentBy: String?, orderBy: String?, segments: [String], orders: [String]) {
        let settings = ColumnstoreSettings(segmentBy: segmentBy, orderBy: orderBy)
        #expect(settings.segmentBy == segments)
        #expect(settings.orderBy.map(\.description) == orders)
    }
}
