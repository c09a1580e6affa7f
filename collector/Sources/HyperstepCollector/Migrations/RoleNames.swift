/// The roles of one database: who owns its schema, who writes, who reads.
///
/// Roles belong to a whole server: several databases on one are told apart by the prefix.
public struct RoleNames: Sendable, Equatable {
    /// Owns tables, aggregates and jobs. May log in, because TimescaleDB runs jobs only for owners that may; it
    /// is made without a password.
    public let owner: String
    /// The group of those who collect.
    public let collector: String
    /// The group of those who only read.
    public let reader: String

    /// `hyperstep_owner`, `hyperstep_collector` and `hyperstep_reader`.
    public static let standard = RoleNames(checked: "hyperstep")

    /// The names with another prefix; nil unless it is 1 to 40 small letters, digits and underscores that begin
    /// with a letter, and not `pg`, which PostgreSQL keeps to itself.
    public init?(prefix: String) {
        let letters = "a"..."z"
        guard (1...40).contains(prefix.utf8.count), letters.contains(String(prefix.prefix(1))),
            prefix.unicodeScalars.allSatisfy({ scalar in
                ("a"..."z").contains(scalar) || ("0"..."9").contains(scalar) || scalar == "_"
            }),
            prefix != "pg", !prefix.hasPrefix("pg_")
        else { return nil }
        self.init(checked: prefix)
    }

    private init(checked prefix: String) {
        owner = prefix + "_owner"
        collector = prefix + "_collector"
        reader = prefix + "_reader"
    }

    /// All three.
    var all: [String] { [owner, collector, reader] }

    /// What is still to be done by hand, since Hyperstep handles no passwords.
    public var nextSteps: String {
        """
        roles: \(owner) owns the schema, \(collector) writes, \(reader) reads. None has a password.
        For each collector, a login that is a member of \(collector):
          CREATE ROLE my_collector LOGIN PASSWORD '...' IN ROLE \(collector);
        For each dashboard or person that reads:
          CREATE ROLE my_dashboard LOGIN PASSWORD '...' IN ROLE \(reader);
        For who runs hyperstep-collector migrate from now on:
          GRANT \(owner) TO my_login;
        Then give the collector its own login in HYPERSTEP_DATABASE_URL.
        """
    }
}
