/// What of a machine one of its processes tells about: of the processes that a launcher started on one machine only
/// the first tells about all of it.
public enum SystemPart: Sendable, Hashable {
    /// All devices.
    case machine
    /// The device `process` alone.
    case process

    /// Nil where nobody says it.
    ///
    /// - Parameter environment: in which launchers say how many-eth of its machine a process is.
    public init?(environment: [String: String]) {
        // torchrun and those who follow it, Open MPI, Slurm.
        let variables = ["LOCAL_RANK", "OMPI_COMM_WORLD_LOCAL_RANK", "SLURM_LOCALID"]
        // One that is set but empty counts as not set.
        guard let rank = variables.lazy.compactMap({ environment[$0] }).first(where: { !$0.isEmpty }) else {
            return nil
        }
        self = Int(rank) ?? 0 == 0 ? .machine : .process
    }

    /// Whether a sample is of this part.
    public func contains(_ sample: SystemSample) -> Bool { self == .machine || sample.device == "process" }
}
