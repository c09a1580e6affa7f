#if canImport(Darwin)
    @preconcurrency import Darwin

    /// macOS, by Mach's public calls. Disks and networks have none that count in 64 bits without a private
    /// header, and the temperature none at all: absent.
    struct DarwinMachine: Machine {
        var notes: [String] { [] }
        /// Asking for it makes a reference each time, so it is asked for once.
        private let host = mach_host_self()
        private let memoryBytes = Self.memoryOfMachine()

        func read() -> SystemReading {
            var reading = SystemReading()
            reading.cpu = cpu()
            let cores = sysconf(Int32(_SC_NPROCESSORS_ONLN))
            reading.cpuCores = cores > 0 ? Double(cores) : nil
            reading.memoryUsed = memoryUsed()
            reading.memoryLimit = memoryBytes
            reading.process = ProcessReading(cpuTime: ProcessClock.cpuTime(), memoryUsed: residentBytes())
            return reading
        }

        private func cpu() -> CPUCounter? {
            var info = host_cpu_load_info()
            let result = Self.words(of: &info) { host_statistics(host, HOST_CPU_LOAD_INFO, $0, &$1) }
            guard result == KERN_SUCCESS else { return nil }
            // user, system, idle, nice
            let ticks = info.cpu_ticks
            let busy = UInt64(ticks.0) + UInt64(ticks.1) + UInt64(ticks.3)
            return .machine(busy: busy, total: busy + UInt64(ticks.2))
        }

        /// As Activity Monitor has it: of programs without what they can make anew, wired, and compressed.
        private func memoryUsed() -> UInt64? {
            var info = vm_statistics64()
            let result = Self.words(of: &info) { host_statistics64(host, HOST_VM_INFO64, $0, &$1) }
            var pageBytes: vm_size_t = 0
            guard result == KERN_SUCCESS, host_page_size(host, &pageBytes) == KERN_SUCCESS else { return nil }
            let programs = UInt64(info.internal_page_count)
            let purgeable = min(programs, UInt64(info.purgeable_count))
            let pages =
                programs - purgeable + UInt64(info.wire_count) + UInt64(info.compressor_page_count)
            return pages * UInt64(pageBytes)
        }

        private func residentBytes() -> UInt64? {
            var info = mach_task_basic_info()
            let result = Self.words(of: &info) {
                task_info(mach_task_self_, task_flavor_t(MACH_TASK_BASIC_INFO), $0, &$1)
            }
            return result == KERN_SUCCESS ? UInt64(info.resident_size) : nil
        }

        private static func memoryOfMachine() -> UInt64? {
            var bytes: UInt64 = 0
            var size = MemoryLayout<UInt64>.size
            return sysctlbyname("hw.memsize", &bytes, &size, nil, 0) == 0 ? bytes : nil
        }

        /// Mach fills structures as arrays of words, as many as it is told there are: those of `Info` itself, all
        /// of whose fields are whole words.
        private static func words<Info: BitwiseCopyable>(
            of info: inout Info,
            _ call: (UnsafeMutablePointer<integer_t>, inout mach_msg_type_number_t) -> kern_return_t
        ) -> kern_return_t {
            let words = MemoryLayout<Info>.size / MemoryLayout<integer_t>.size
            var count = mach_msg_type_number_t(words)
            return withUnsafeMutablePointer(to: &info) { pointer in
                pointer.withMemoryRebound(to: integer_t.self, capacity: words) { call($0, &count) }
            }
        }
    }
#endif
