import ArgumentParser
import HyperstepCollector
import Logging

struct Migrate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Bring the database to this collector's schema; safe to run again, and from several at once.")

    @OptionGroup var settings: SettingsOptions

    @Flag(
        help: """
            Also make the roles of least privilege, PREFIX_owner, PREFIX_collector and PREFIX_reader, and grant them \
            what they need. Needs CREATEROLE; for a database with tables in it, a superuser.
            """)
    var createRoles = false

    @Option(
        help: ArgumentHelp(
            "What the names of the roles begin with (default: hyperstep).", valueName: "prefix"))
    var rolePrefix: String?

    func validate() throws {
        guard let rolePrefix else { return }
        guard createRoles else {
            throw ValidationError("--role-prefix goes with --create-roles: later runs know the roles")
        }
        guard RoleNames(prefix: rolePrefix) != nil else {
            throw ValidationError(
                """
                --role-prefix: expected 1 to 40 small letters, digits and underscores that begin with a letter and \
                not with pg_
                """)
        }
    }

    func run() async throws {
        let settings = try await settings.read()
        let logger = Logger.collector(level: settings.logLevel)
        let roles = createRoles ? rolePrefix.flatMap(RoleNames.init(prefix:)) ?? .standard : nil
        let command = MigrateCommand(
            url: settings.databaseURL, policies: try settings.policies(), roles: roles, logger: logger)
        let applied = try await command.run()
        print(
            applied.isEmpty ? "the schema is current" : "the schema is current now: applied \(applied.count)")
        if let roles { print(roles.nextSteps) }
    }
}
