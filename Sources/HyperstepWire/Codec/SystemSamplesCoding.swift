import CHyperstepProto

private typealias CSamples = Hyperstep__V1__SystemSamples

extension SystemSamples {
    /// The samples alone as bytes: how a recorder's ring of samples holds one of them.
    ///
    /// - Throws: `WireError` naming the first field that breaks the contract.
    public func encoded() throws(WireError) -> [UInt8] {
        try check()
        let writer = MessageWriter()
        return writer.bytes(of: message(writer))
    }

    /// Reads samples that `encoded()` made.
    ///
    /// - Throws: `WireError` naming the field that breaks the contract.
    public init(decoding bytes: UnsafeRawBufferPointer) throws(WireError) {
        self = try MessageReader.unpack(
            bytes, with: { hyperstep__v1__system_samples__unpack($0, $1, $2) }, named: "SystemSamples"
        ) { message throws(WireError) in try SystemSamples(message) }
        try check()
    }

    /// The C struct of values that `check` has passed.
    func message(_ writer: MessageWriter) -> UnsafeMutablePointer<Hyperstep__V1__SystemSamples> {
        let message: UnsafeMutablePointer<CSamples> = writer.make { hyperstep__v1__system_samples__init($0) }
        message.pointee.instance_id = writer.data(instanceID)
        if let runID { message.pointee.run_id = writer.data(runID) }
        message.pointee.n_devices = devices.count
        message.pointee.devices = writer.copy(devices.map { writer.string($0) })
        message.pointee.n_time = count
        message.pointee.time = writer.copy(times)
        message.pointee.n_device_index = count
        message.pointee.device_index = writer.copy(deviceIndexes)
        message.pointee.utilization = utilization.message(writer)
        message.pointee.memory_used_bytes = memoryUsedBytes.message(writer)
        message.pointee.power_watts = powerWatts.message(writer)
        message.pointee.temperature_c = temperatureC.message(writer)
        return message
    }

    /// Reads the C struct; what its values have to be, `check` says.
    init(_ message: borrowing Hyperstep__V1__SystemSamples) throws(WireError) {
        self.init(instanceID: try MessageReader.uuid(message.instance_id, "system_samples.instance_id"))
        if message.run_id.len > 0 {
            runID = try MessageReader.uuid(message.run_id, "system_samples.run_id")
        }
        devices = try MessageReader.texts(
            message.devices, message.n_devices, "system_samples.devices", atMost: WireLimits.maxDevices,
            length: 1...WireLimits.maxNameBytes)
        let rows = message.n_time
        times = MessageReader.array(message.time, rows)
        deviceIndexes = MessageReader.array(message.device_index, message.n_device_index)
        utilization = try DoubleColumn(message.utilization, "system_samples.utilization", rows: rows)
        memoryUsedBytes = try UInt64Column(
            message.memory_used_bytes, "system_samples.memory_used_bytes", rows: rows)
        powerWatts = try DoubleColumn(message.power_watts, "system_samples.power_watts", rows: rows)
        temperatureC = try DoubleColumn(message.temperature_c, "system_samples.temperature_c", rows: rows)
    }

    /// Checks every length and range.
    func check() throws(WireError) {
        try FieldRules.names(devices, "system_samples.devices", atMost: WireLimits.maxDevices)
        try FieldRules.times(times, "system_samples.time")
        try FieldRules.rows(
            deviceIndexes.count, "system_samples.device_index", count, of: "system_samples.time")
        try FieldRules.places(
            deviceIndexes, "system_samples.device_index", in: "system_samples.devices", of: devices.count)
        try utilization.check("system_samples.utilization", rows: count)
        try memoryUsedBytes.check("system_samples.memory_used_bytes", rows: count)
        try powerWatts.check("system_samples.power_watts", rows: count)
        try temperatureC.check("system_samples.temperature_c", rows: count)
        if let most = memoryUsedBytes.values.max() {
            try FieldRules.count(most, "system_samples.memory_used_bytes.values")
        }
    }
}
