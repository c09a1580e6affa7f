import Testing

@testable import HyperstepSystem

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Against a library of our own that stands for NVIDIA's, see ``FakeNVML``: on a real GPU these have not run.
@Suite(.enabled(if: FakeNVML.compiler != nil, "there is no C compiler on the PATH"))
struct NVIDIAGPUsTests {
    private let folder: FileTree

    init() throws { folder = try FileTree() }

    private func gpus(_ macros: String...) throws -> NVIDIAGPUs {
        NVIDIAGPUs(library: try FakeNVML.build(macros, in: folder))
    }

    @Test("A GPU's numbers come through in their units")
    func everything() throws {
        let gpus = try gpus()
        var expected = SystemSample(device: "gpu0")
        expected.utilization = 97
        expected.memoryUsedBytes = 49_500_000_000
        expected.memoryLimitBytes = 80_000_000_000
        expected.powerWatts = 345.678
        expected.temperatureC = 61
        #expect(gpus.samples().first == expected)
        #expect(gpus.notes.isEmpty)
    }

    @Test("What a GPU does not tell is absent, and the rest is there")
    func partly() throws {
        let gpus = try gpus()
        let second = try #require(gpus.samples().last)
        #expect(second.device == "gpu1")
        #expect(second.utilization == nil)
        #expect(second.powerWatts == nil)
        #expect(second.temperatureC == 61)
    }

    @Test("GPUs have names, and one that is not ended ends with its buffer")
    func descriptions() throws {
        let gpus = try gpus()
        #expect(gpus.descriptions.map(\.device) == ["gpu0", "gpu1"])
        #expect(gpus.descriptions.map(\.name) == ["Fake H100", "Fake H100"])
        #expect(gpus.descriptions.first?.uuid == String(repeating: "x", count: 255))
    }

    @Test("A driver that knows memory in its first version alone is asked in that")
    func oldMemory() throws {
        let sample = try #require(try gpus("NO_V2").samples().first)
        #expect(sample.memoryUsedBytes == 50_000_000_000)
        #expect(sample.memoryLimitBytes == 80_000_000_000)
    }

    @Test("A library without most of its functions gives GPUs about which nothing is known")
    func bare() throws {
        let gpus = try gpus("BARE")
        #expect(gpus.samples() == [SystemSample(device: "gpu0"), SystemSample(device: "gpu1")])
        #expect(gpus.descriptions.first == GPUDescription(device: "gpu0", name: nil, uuid: nil))
    }

    @Test("A GPU that is lost leaves the number of the others as it is")
    func lost() throws {
        #expect(try gpus("LOST=0").samples().map(\.device) == ["gpu1"])
    }

    @Test("A library that is missing what has to be there counts as none")
    func notNVML() throws {
        let gpus = try gpus("NO_HANDLES")
        #expect(gpus.samples().isEmpty)
        #expect(gpus.notes.isEmpty)
    }

    @Test("No library is nothing to note")
    func noLibrary() {
        let gpus = NVIDIAGPUs(library: folder.root + "/none.so")
        #expect(gpus.samples().isEmpty)
        #expect(gpus.notes.isEmpty)
        #expect(throws: NVMLLibrary.Failure.absent) { try NVMLLibrary(path: folder.root + "/none.so") }
    }

    @Test(
        "A library that will not start gives no GPUs and one note, which says why",
        arguments: [4, 9, 18, 999])
    func refused(code: Int) throws {
        let gpus = try gpus("INIT=\(code)")
        #expect(gpus.samples().isEmpty)
        #expect(gpus.descriptions.isEmpty)
        #expect(gpus.notes.count == 1)
    }

    @Test("A machine without GPUs has none, and one that claims too many has as many as are looked at")
    func counts() throws {
        #expect(try gpus("COUNT=0").samples().isEmpty)
        let other = try FileTree()
        let many = NVIDIAGPUs(library: try FakeNVML.build(["COUNT=1000"], in: other))
        #expect(many.samples().count == 256)
    }

    @Test("The library is ended as often as it was started")
    func shutdown() throws {
        let path = try FakeNVML.build([], in: folder)
        do {
            let first = NVIDIAGPUs(library: path)
            let second = NVIDIAGPUs(library: path)
            #expect(first.samples() == second.samples())
        }
        let library = try #require(dlopen(path, RTLD_NOW | RTLD_LOCAL))
        let started = try #require(dlsym(library, "fake_started"))
        let count = unsafeBitCast(started, to: (@convention(c) () -> Int32).self)
        #expect(count() == 0)
    }
}
