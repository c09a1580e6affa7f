internal import NIOPosix
public import Testing

extension Trait where Self == ConditionTrait {
    /// Skips tests where no server is given.
    public static var needsDatabase: Self {
        .enabled(
            if: !TestEdition.all.isEmpty, "HYPERSTEP_TEST_DATABASES names no database: scripts/test sets it")
    }
    /// Skips tests where no server of the Community edition is given.
    public static var needsCommunity: Self {
        .enabled(
            if: TestEdition.community != nil,
            "HYPERSTEP_TEST_DATABASES names no server of the Community edition")
    }
    /// Skips tests where no server of the Apache edition is given.
    public static var needsApache: Self {
        .enabled(
            if: TestEdition.apache != nil, "HYPERSTEP_TEST_DATABASES names no server of the Apache edition")
    }
    /// Skips tests where they can log in to no server as a superuser.
    public static var needsSuperuser: Self {
        .enabled(
            if: !TestEdition.withSuperuser.isEmpty,
            "no server of HYPERSTEP_TEST_DATABASES has a superuser postgres with the test role's password")
    }
    /// Skips tests where the databases hold an older TimescaleDB than the servers' newest.
    public static var needsNewestTimescaleDB: Self {
        .enabled(if: TestEdition.isNewest, "HYPERSTEP_TEST_TIMESCALEDB_VERSION asks for an older TimescaleDB")
    }
}

/// Runs tests on threads that they may block.
///
/// A test that waits for a database in `libpq` blocks its thread. Swift's own pool has one thread a processor: two
/// such tests stop all others on a machine with two processors, and with them whatever a test waits for.
public struct BlockingTrait: SuiteTrait, TestTrait, TestScoping {
    private static let executor = ThreadPoolExecutor()

    /// Each test of a suite runs in a scope of its own.
    public var isRecursive: Bool { true }

    /// Runs `function` on the threads.
    public func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        // A suite's own scope encloses those of its tests, which come here themselves.
        guard testCase != nil else { return try await function() }
        try await withTaskExecutorPreference(Self.executor) { try await function() }
    }
}

extension Trait where Self == BlockingTrait {
    /// The tests may block their threads.
    public static var mayBlock: Self { BlockingTrait() }
}

/// Runs jobs on 64 threads: `scripts/test` runs sixteen tests at a time, and a test may have several tasks that block.
private final class ThreadPoolExecutor: TaskExecutor {
    private let pool = NIOThreadPool(numberOfThreads: 64)

    init() { pool.start() }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        pool.submit { _ in job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
