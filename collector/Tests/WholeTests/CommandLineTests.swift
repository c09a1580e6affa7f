import Foundation
import HyperstepCollector
import Testing

extension WholeTests {
    @Suite("The collector's command line")
    struct CommandLineTests {
        private static func run(_ arguments: [String]) throws -> (
            status: Int32, output: String, errors: String
        ) {
            let log = FileManager.default.temporaryDirectory.appending(
                path: "hyperstep-command-\(UUID()).log")
            defer { try? FileManager.default.removeItem(at: log) }
            let process = try ChildProcess("hyperstep-collector", arguments, log: log.path)
            let (status, output) = process.wait()
            return (status, output, process.errors)
        }

        @Test(
            "A wrong value ends any command with 64, and the error names the setting, never a secret",
            arguments: [
                (["serve", "--writers", "many"], "writers: expected"),
                (["serve", "--listen", "0.0.0.0:4319"], "listen: "),
                (["replay", "/nowhere", "--log-level", "loud"], "log.level: expected"),
                (["doctor", "--database-url", "mysql://u:hunter2@h/d"], "database.url: "),
                (["migrate"], "database.url: not given"),
                (["policies", "plan", "--config", "/nowhere.yaml"], "/nowhere.yaml: "),
                (["policies", "plan", "--format", "xml"], "format"),
                (["serve", "--no-such-flag"], "no-such-flag"),
            ])
        func wrong(arguments: [String], reason: String) throws {
            let database = ["--database-url", "postgresql://nobody:hunter2@127.0.0.1:1/none"]
            let hasOwn = arguments == ["migrate"] || arguments.contains("--database-url")
            let (status, output, errors) = try Self.run(arguments + (hasOwn ? [] : database))
            #expect(status == 64)
            #expect(errors.contains(reason), "\(errors)")
            #expect(output.isEmpty && !errors.contains("hunter2"))
        }

        @Test(
            "Each command has the flags of the settings that are said to be its own, and no others",
            arguments: [
                ["serve"], ["replay"], ["migrate"], ["doctor"], ["policies", "plan"], ["policies", "apply"],
                ["policies", "status"], ["policies", "refresh"],
            ])
        func flags(command: [String]) throws {
            let (status, help, _) = try Self.run(command + ["--help"])
            #expect(status == 0)
            for key in SettingKey.allCases {
                let isIts =
                    key.commands == "all" || key.commands.components(separatedBy: ", ").contains(command[0])
                #expect(help.contains(key.flag + " ") == isIts, "\(key.flag) of \(command)")
            }
        }
    }
}
