import Foundation

/// A library that answers as NVIDIA's would, built by the C compiler when a test wants it: the interface of a
/// driver that the machines which run these tests do not have. What it answers is chosen by macros.
enum FakeNVML {
    /// Declared by the words of the contract between NVIDIA's library and its users, not by ours.
    private static let source = """
        #include <string.h>
        typedef int nvmlReturn_t;
        typedef struct nvmlDevice_st *nvmlDevice_t;
        typedef struct { unsigned int gpu, memory; } nvmlUtilization_t;
        typedef struct { unsigned long long total, free, used; } nvmlMemory_t;
        typedef struct { unsigned int version; unsigned long long total, reserved, free, used; } nvmlMemory_v2_t;
        #define nvmlMemory_v2 (unsigned int)(sizeof(nvmlMemory_v2_t) | (2 << 24U))

        #ifndef INIT
        #define INIT 0
        #endif
        #ifndef COUNT
        #define COUNT 2
        #endif

        static char devices[COUNT + 1];
        static int started;
        #define INDEX(device) (int)((char *)(device) - devices)

        int fake_started(void) { return started; }
        nvmlReturn_t nvmlInit_v2(void) { started += INIT == 0; return INIT; }
        nvmlReturn_t nvmlShutdown(void) { started -= 1; return 0; }

        nvmlReturn_t nvmlDeviceGetCount_v2(unsigned int *count) {
            *count = COUNT;
            return started > 0 ? 0 : 1;
        }

        #ifndef NO_HANDLES
        nvmlReturn_t nvmlDeviceGetHandleByIndex_v2(unsigned int index, nvmlDevice_t *device) {
        #ifdef LOST
            if (index == LOST) return 15;
        #endif
            if (index >= COUNT) return 2;
            *device = (nvmlDevice_t)(devices + index);
            return 0;
        }
        #endif

        #ifndef BARE
        nvmlReturn_t nvmlDeviceGetName(nvmlDevice_t device, char *name, unsigned int length) {
            const char *text = "Fake H100";
            if (strlen(text) + 1 > length) return 7;
            strcpy(name, text);
            return 0;
        }
        nvmlReturn_t nvmlDeviceGetUUID(nvmlDevice_t device, char *uuid, unsigned int length) {
            memset(uuid, 'x', length); // unterminated, against its contract
            return 0;
        }
        nvmlReturn_t nvmlDeviceGetUtilizationRates(nvmlDevice_t device, nvmlUtilization_t *rates) {
            if (INDEX(device) == 1) return 3; // as a GPU in MIG mode
            rates->gpu = 97;
            rates->memory = 12;
            return 0;
        }
        nvmlReturn_t nvmlDeviceGetPowerUsage(nvmlDevice_t device, unsigned int *milliwatts) {
            *milliwatts = 345678;
            return INDEX(device) == 1 ? 4 : 0;
        }
        nvmlReturn_t nvmlDeviceGetTemperature(nvmlDevice_t device, unsigned int sensor, unsigned int *degrees) {
            *degrees = 61;
            return sensor == 0 ? 0 : 2;
        }
        nvmlReturn_t nvmlDeviceGetMemoryInfo(nvmlDevice_t device, nvmlMemory_t *memory) {
            memory->total = 80000000000ULL;
            memory->free = 30000000000ULL;
            memory->used = 50000000000ULL;
            return 0;
        }
        #ifndef NO_V2
        nvmlReturn_t nvmlDeviceGetMemoryInfo_v2(nvmlDevice_t device, nvmlMemory_v2_t *memory) {
            if (memory->version != nvmlMemory_v2) return 25;
            memory->total = 80000000000ULL;
            memory->reserved = 500000000ULL;
            memory->free = 30000000000ULL;
            memory->used = 49500000000ULL;
            return 0;
        }
        #endif
        #endif
        """

    static let compiler = ["clang", "cc", "gcc"].lazy.compactMap { name -> String? in
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        return folders.map { "\($0)/\(name)" }.first(where: FileManager.default.isExecutableFile)
    }.first

    /// Builds one into a folder and gives its path.
    static func build(_ macros: [String], in folder: FileTree) throws -> String {
        try folder.write(["/nvml.c": source])
        let library = folder.root + "/libnvidia-ml.so.1"
        let process = Process()
        process.executableURL = URL(fileURLWithPath: compiler ?? "/usr/bin/cc")
        process.arguments =
            macros.map { "-D\($0)" } + ["-shared", "-fPIC", "-w", "-o", library, folder.root + "/nvml.c"]
        process.standardInput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failed(status: process.terminationStatus) }
        return library
    }

    struct Failed: Error { let status: Int32 }
}
