import ArgumentParser
import HyperstepCollector

/// The flags that say how rows are written, whoever brings them.
struct WritingOptions: ParsableArguments {
    @Option(help: SettingsOptions.help(.directCompress))
    var directCompress: String?

    @Option(help: SettingsOptions.help(.runsMetricNames))
    var runsMetricNames: String?

    @Option(help: SettingsOptions.help(.servicesSeries))
    var servicesSeries: String?

    var flags: [SettingKey: String] {
        SettingsOptions.given([
            .directCompress: directCompress, .runsMetricNames: runsMetricNames,
            .servicesSeries: servicesSeries,
        ])
    }
}
