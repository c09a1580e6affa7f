import HyperstepRecorder
import HyperstepWire

#if canImport(FoundationEssentials)
    import struct FoundationEssentials.UUID
#else
    import struct Foundation.UUID
#endif

/// The ring of samples of the machine: each payload is an encoded `SystemSamples` of one row.
///
/// Whose samples they are the recorder's identity says, not the payloads.
struct SampleSource: PayloadSource {
    let ring: EventRing
    let instanceID: UUID
    let runID: UUID?

    var kind: StreamKind { .samples }

    /// No more rows than a batch may name devices: each could name one of its own.
    var mostRecords: Int { WireLimits.maxDevices }

    func decode(_ payload: UnsafeRawBufferPointer) throws(WireError) -> SystemSamples {
        let sample = try SystemSamples(decoding: payload)
        guard sample.count == 1 else {
            throw WireError(
                field: "system_samples.time", reason: "expected one row in a slot, got \(sample.count)")
        }
        return sample
    }

    func records(_ records: [SystemSamples]) -> Batch.Records {
        var all = SystemSamples(instanceID: instanceID, runID: runID)
        var places: [[UInt8]: UInt32] = [:]
        for sample in records {
            let device = sample.devices[Int(sample.deviceIndexes[0])]
            let bytes = Array(device.utf8)
            let place = places[bytes] ?? UInt32(all.devices.count)
            if place == all.devices.count {
                all.devices.append(device)
                places[bytes] = place
            }
            all.times.append(sample.times[0])
            all.deviceIndexes.append(place)
        }
        all.utilization = DoubleColumn(records.map(\.utilization.values.first))
        all.memoryUsedBytes = UInt64Column(records.map(\.memoryUsedBytes.values.first))
        all.powerWatts = DoubleColumn(records.map(\.powerWatts.values.first))
        all.temperatureC = DoubleColumn(records.map(\.temperatureC.values.first))
        return .systemSamples(all)
    }
}
