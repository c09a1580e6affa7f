/// Which accelerator stands behind a device's name: the name tells its place, this tells the thing.
public struct GPUDescription: Equatable, Sendable {
    /// As in ``SystemSample/device``: `gpu0`.
    public var device: String
    /// As `NVIDIA H100 80GB HBM3`; `nil` where the driver does not say.
    public var name: String?
    /// The driver's lasting identity of it, as `GPU-…`; `nil` where the driver does not say.
    public var uuid: String?
}
