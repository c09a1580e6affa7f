/// Which collector this is.
public enum CollectorVersion {
    /// As `0.1.0`.
    public static let current = "0.1.0"
}
