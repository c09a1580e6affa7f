/// NVIDIA's GPUs, by their driver's own library where there is one.
struct NVIDIAGPUs: GPUs {
    /// More than a machine has.
    private static let maximumDevices: UInt32 = 256

    let descriptions: [GPUDescription]
    let notes: [String]
    private let library: NVMLLibrary?
    private let devices: [(name: String, device: NVMLLibrary.Device)]

    /// - Parameter library: its name, for the dynamic linker to find; it comes with the driver.
    init(library path: String = "libnvidia-ml.so.1") {
        var library: NVMLLibrary?
        var notes: [String] = []
        do throws(NVMLLibrary.Failure) {
            library = try NVMLLibrary(path: path)
        } catch {
            if case .refused(let code) = error { notes.append(Self.note(code)) }
        }
        self.library = library
        self.notes = notes
        devices = (library?.devices(atMost: Self.maximumDevices) ?? []).map { ("gpu\($0.index)", $0.device) }
        descriptions = devices.map { name, device in
            GPUDescription(device: name, name: library?.name(of: device), uuid: library?.uuid(of: device))
        }
    }

    func samples() -> [SystemSample] {
        guard let library else { return [] }
        return devices.map { name, device in
            var sample = SystemSample(device: name)
            sample.utilization = library.utilization(of: device).map(Double.init)
            let memory = library.memory(of: device)
            sample.memoryUsedBytes = memory?.used
            sample.memoryLimitBytes = memory?.total
            sample.powerWatts = library.power(of: device).map { Double($0) / 1_000 }
            sample.temperatureC = library.temperature(of: device).map(Double.init)
            return sample
        }
    }

    private static func note(_ code: Int32) -> String {
        let reason =
            switch code {
            case 4: "this process may not use it (NVML_ERROR_NO_PERMISSION)"
            case 9: "its driver is not loaded (NVML_ERROR_DRIVER_NOT_LOADED)"
            case 12, 18: "its library and its driver do not fit each other, or parts are missing"
            default: "it said nvmlReturn_t \(code)"
            }
        return
            "NVIDIA's library is there, but gives no GPUs: \(reason). nvidia-smi in this place shows the same."
    }
}
