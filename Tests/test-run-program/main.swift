// A program that records one run, as the user, with the descriptors and in the home that a test says.
//
//     test-run-program REPORT [key=value…]
//
// It writes to the file REPORT what it logs and what came of it, a line each. Keys:
//
//     directory=PATH  the state directory; HYPERSTEP_DIR is not set
//     endpoint=URL    where to send; offline without it
//     home=PATH       the home directory; none without it
//     user=UID        the user to run as, from before anything is recorded
//     umask=OCTAL     the permissions to take from files that are made
//     free=COUNT      file descriptors that are free when the run starts
//     after=exhausted take all descriptors that are free once the run has started
//     steps=COUNT     steps to record
//     timeout=MS      how long finish waits, 20,000 without it
//     run=UUID        the run's id
//     resume=COUNT    resume it so often at the same time, each from step 0
//     end=finish      finish it; leave: end the process without; hold: record, then wait to be killed;
//                     fork: finish it in a child by fork first, and go on
//     when=PATH       fork once there is this file
//     task=scan       list the directory instead, as a start does

import Foundation
import Logging
import TestChildren

let report = Report(CommandLine.arguments[1])
let options = Options(CommandLine.arguments.dropFirst(2))
endWithParent()
unsetenv("HYPERSTEP_DIR")
unsetenv("XDG_STATE_HOME")
if let home = options["home"] { setenv("HOME", home, 1) } else { unsetenv("HOME") }
if let user = options.number("user") {
    guard setgid(gid_t(user)) == 0, setuid(uid_t(user)) == 0 else { exit(77) }
}
if let mask = options["umask"] { umask(mode_t(mask, radix: 8) ?? 0o777) }
let logger = Logger(label: "test") { _ in ReportingHandler(report) }

let program = Program(report: report, options: options, logger: logger)
if options["task"] == "scan" {
    program.scan()
} else {
    program.record()
}
