#if canImport(Darwin)
    import CoreFoundation
    import Foundation
    import IOKit

    /// The GPUs of a Mac, by what their drivers publish in the registry of I/O. The calls are public; the names of
    /// the numbers are the drivers' own, so that any of them may be absent.
    struct AppleGPUs: GPUs {
        /// More than a Mac has.
        private static let maximumDevices = 16

        var notes: [String] { [] }
        let descriptions: [GPUDescription]

        init() {
            descriptions = Self.statistics().indices.map { GPUDescription(device: "gpu\($0)") }
        }

        func samples() -> [SystemSample] {
            Self.statistics().enumerated().map { index, statistics in
                var sample = SystemSample(device: "gpu\(index)")
                sample.utilization = (statistics["Device Utilization %"] as? NSNumber)?.doubleValue
                sample.memoryUsedBytes = (statistics["In use system memory"] as? NSNumber)?.uint64Value
                return sample
            }
        }

        private static func statistics() -> [[String: Any]] {
            var services: io_iterator_t = 0
            let matching = IOServiceMatching("IOAccelerator")
            guard IOServiceGetMatchingServices(kIOMainPortDefault, matching, &services) == KERN_SUCCESS else {
                return []
            }
            defer { IOObjectRelease(services) }
            var all: [[String: Any]] = []
            while all.count < maximumDevices, case let service = IOIteratorNext(services), service != 0 {
                defer { IOObjectRelease(service) }
                let key = "PerformanceStatistics" as CFString
                let property = IORegistryEntryCreateCFProperty(service, key, kCFAllocatorDefault, 0)
                if let statistics = property?.takeRetainedValue() as? [String: Any] { all.append(statistics) }
            }
            return all
        }
    }
#endif
