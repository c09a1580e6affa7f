#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// NVIDIA's management library, found when the program runs: no program that records needs it to be built or
/// started.
///
/// All that is unsafe about it is in this file. A symbol's address says nothing about its type, so that the types
/// below have to be those of NVIDIA's `nvml.h`. They are promised not to change: a function that would need another
/// signature gets another name (`_v2`), and a structure that grew says its version. Nothing that the library
/// writes to is smaller than what the header says it writes.
final class NVMLLibrary {
    /// A GPU, as the library names it; valid from `nvmlInit` to `nvmlShutdown`.
    typealias Device = OpaquePointer

    /// `nvmlReturn_t`: 0 is success.
    private typealias Call = @convention(c) () -> Int32
    private typealias Count = @convention(c) (UnsafeMutablePointer<UInt32>) -> Int32
    private typealias Handle = @convention(c) (UInt32, UnsafeMutablePointer<Device?>) -> Int32
    private typealias Text = @convention(c) (Device, UnsafeMutablePointer<CChar>, UInt32) -> Int32
    private typealias Number = @convention(c) (Device, UnsafeMutablePointer<UInt32>) -> Int32
    private typealias Sensor = @convention(c) (Device, UInt32, UnsafeMutablePointer<UInt32>) -> Int32
    /// For structures: the call writes what the header says, into words that are aligned as its widest field.
    private typealias Fill = @convention(c) (Device, UnsafeMutableRawPointer) -> Int32

    private let shutdown: Call
    private let count: Count
    private let handle: Handle
    private let name, uuid: Text?
    private let power: Number?
    private let temperature: Sensor?
    private let utilization, memory, memoryV2: Fill?

    enum Failure: Error, Equatable {
        /// Not there, or not what its name says.
        case absent
        /// There, but it would not start: an `nvmlReturn_t`.
        case refused(Int32)
    }

    /// Loads the library and starts it.
    ///
    /// It stays loaded when this goes: a driver's library may have left threads or handlers behind, and another
    /// part of the program may use it too.
    init(path: String) throws(Failure) {
        guard let library = dlopen(path, RTLD_NOW | RTLD_LOCAL) else { throw .absent }
        func symbol<Function>(_ name: String, as type: Function.Type) -> Function? {
            // Sound where `Function` is the C type of this symbol in nvml.h: see above.
            dlsym(library, name).map { unsafeBitCast($0, to: type) }
        }
        guard let start = symbol("nvmlInit_v2", as: Call.self),
            let shutdown = symbol("nvmlShutdown", as: Call.self),
            let count = symbol("nvmlDeviceGetCount_v2", as: Count.self),
            let handle = symbol("nvmlDeviceGetHandleByIndex_v2", as: Handle.self)
        else { throw .absent }
        // Before anything of `self` is set: one that did not start must not be shut down by `deinit`. The library
        // counts: this start needs its own shutdown, whoever else started it.
        let result = start()
        guard result == 0 else { throw .refused(result) }
        self.shutdown = shutdown
        self.count = count
        self.handle = handle
        name = symbol("nvmlDeviceGetName", as: Text.self)
        uuid = symbol("nvmlDeviceGetUUID", as: Text.self)
        power = symbol("nvmlDeviceGetPowerUsage", as: Number.self)
        temperature = symbol("nvmlDeviceGetTemperature", as: Sensor.self)
        utilization = symbol("nvmlDeviceGetUtilizationRates", as: Fill.self)
        memory = symbol("nvmlDeviceGetMemoryInfo", as: Fill.self)
        memoryV2 = symbol("nvmlDeviceGetMemoryInfo_v2", as: Fill.self)
    }

    deinit { _ = shutdown() }

    /// The GPUs that this process may use, each with its number.
    func devices(atMost limit: UInt32) -> [(index: UInt32, device: Device)] {
        var found: UInt32 = 0
        guard count(&found) == 0 else { return [] }
        return (0..<min(found, limit)).compactMap { index in
            var device: Device?
            guard handle(index, &device) == 0, let device else { return nil }
            return (index, device)
        }
    }

    func name(of device: Device) -> String? { text(name, device) }
    func uuid(of device: Device) -> String? { text(uuid, device) }

    /// Milliwatts.
    func power(of device: Device) -> UInt32? {
        var value: UInt32 = 0
        return power?(device, &value) == 0 ? value : nil
    }

    /// Degrees Celsius of the chip (`NVML_TEMPERATURE_GPU`, 0).
    func temperature(of device: Device) -> UInt32? {
        var value: UInt32 = 0
        return temperature?(device, 0, &value) == 0 ? value : nil
    }

    /// Percent of the driver's last period in which a kernel ran. `nvmlUtilization_t`: gpu, memory; both u32.
    func utilization(of device: Device) -> UInt32? {
        var words: (UInt32, UInt32) = (0, 0)
        return withUnsafeMutableBytes(of: &words) { bytes in
            guard let start = bytes.baseAddress, utilization?(device, start) == 0 else { return nil }
            return bytes.load(as: UInt32.self)
        }
    }

    /// Bytes. Version 2 leaves out of `used` what the driver keeps for itself, as `nvidia-smi` does; drivers before
    /// 510 have version 1 only, and some later ones version 2 only.
    func memory(of device: Device) -> (used: UInt64, total: UInt64)? {
        // nvmlMemory_v2_t: version u32 (size and 2 << 24), padding; total, reserved, free, used u64.
        let version = UInt64(5 * 8 | 2 << 24)
        if let words = fill(memoryV2, device, first: version.littleEndian) { return (words.4, words.1) }
        // nvmlMemory_t: total, free, used u64. The call writes three of the five words.
        return fill(memory, device, first: 0).map { ($0.2, $0.0) }
    }

    private typealias Words = (UInt64, UInt64, UInt64, UInt64, UInt64)

    private func fill(_ function: Fill?, _ device: Device, first: UInt64) -> Words? {
        var words: Words = (first, 0, 0, 0, 0)
        let result = withUnsafeMutableBytes(of: &words) { bytes in
            bytes.baseAddress.flatMap { function?(device, $0) }
        }
        return result == 0 ? words : nil
    }

    private func text(_ function: Text?, _ device: Device) -> String? {
        // Longer than the longest that the header has (96 with its end).
        var buffer = [CChar](repeating: 0, count: 256)
        guard function?(device, &buffer, 255) == 0 else { return nil }
        let bytes = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
    }
}
