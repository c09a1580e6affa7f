import ArgumentParser

/// How a command reports: to people or to scripts.
enum ReportFormat: String, ExpressibleByArgument, CaseIterable { case text, json }
