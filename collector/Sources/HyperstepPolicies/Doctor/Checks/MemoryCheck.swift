/// Whether the server's memory settings are sane.
struct MemoryCheck: Sendable {
    /// `shared_buffers`, in bytes.
    var sharedBuffers: Int64
    /// `work_mem`, in bytes.
    var workMemory: Int64
    /// `maintenance_work_mem`, in bytes.
    var maintenanceMemory: Int64

    static let leastShared: Int64 = 256 << 20
    static let leastWork: Int64 = 4 << 20
    static let leastMaintenance: Int64 = 64 << 20

    var findings: [Finding] {
        var findings: [Finding] = []
        func check(_ name: String, _ value: Int64, _ least: Int64, _ advice: String) {
            guard value < least else { return }
            findings.append(
                Finding(
                    .warning, "memory", "\(name) is \(Quantity.bytes(value))",
                    remedy: "set it to at least \(Quantity.bytes(least)); \(advice)"))
        }
        check("shared_buffers", sharedBuffers, Self.leastShared, "a quarter of the machine's memory is usual")
        check("work_mem", workMemory, Self.leastWork, "16 MB suits queries over many chunks")
        check(
            "maintenance_work_mem", maintenanceMemory, Self.leastMaintenance, "compression and indexes use it"
        )
        guard findings.isEmpty else { return findings }
        return [
            Finding(
                .ok, "memory",
                """
                shared_buffers \(Quantity.bytes(sharedBuffers)), work_mem \(Quantity.bytes(workMemory)), \
                maintenance_work_mem \(Quantity.bytes(maintenanceMemory))
                """)
        ]
    }
}
