import HyperstepPostgres

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What libpq alone does with the same rows: they lie in memory as the bytes of a binary COPY, and every
/// connection sends its part in transactions of a fixed size. Nothing is measured but libpq and the database.
struct PlainCopy {
    private let database: String
    private let connections: Int
    private let rows: Int
    /// The bytes of one transaction's COPY. Each transaction sends the same rows, which costs the database no
    /// less than others would.
    private let transaction: [UInt8]

    private static let statement = """
        COPY training_metrics (time, model_id, run_id, epoch, batch, loss, accuracy, precision, recall, f1_score,
        learning_rate, gradient_norm, step_time_ms, step, attempt, rank) FROM STDIN WITH (FORMAT binary)
        """

    init(database: String, connections: Int, rows: Int) throws {
        self.database = database
        self.connections = connections
        self.rows = rows
        let (model, run) = (UUID(), UUID())
        var copy = PostgresBinaryCopy(capacity: 1 << 24)
        copy.header()
        for row in 0..<min(rows, 50_000) {
            copy.row(fields: 16)
            copy.timestamp(nanoseconds: 1_700_002_800_000_000_000 + Int64(row) * 10_000_000)
            copy.uuid(model)
            copy.uuid(run)
            copy.int4(Int32(row / 1_000))
            copy.int4(Int32(row % 1_000))
            for column in 0..<8 { copy.float8(BenchStep.value(row, column)) }
            copy.int8(Int64(row))
            copy.int2(0)
            copy.int2(0)
        }
        copy.trailer()
        var bytes: [UInt8] = []
        copy.withBytes { bytes = Array($0) }
        transaction = bytes
    }

    /// Rows a second.
    func run() throws -> Double {
        let (database, transaction, count) = (database, transaction, rows / connections / min(rows, 50_000))
        let ready = try (0..<connections).map { _ in try Handed(PostgresConnection(PostgresURL(database))) }
        let start = Timer.nanoseconds()
        let failures = onThreads(connections) { index -> (any Error)? in
            do {
                for _ in 0..<max(count, 1) {
                    try ready[index].connection.copyIn(Self.statement) { writer throws(PostgresError) in
                        // In pieces as the collector sends them.
                        var first = 0
                        while first < transaction.count {
                            let last = min(first + 128 * 1024, transaction.count)
                            try Self.send(transaction, first..<last, to: writer)
                            first = last
                        }
                    }
                }
                return nil
            } catch { return error }
        }
        if let failure = failures.compactMap({ $0 }).first { throw failure }
        return Double(max(count, 1) * connections * min(rows, 50_000))
            / (Double(Timer.nanoseconds() - start) / 1e9)
    }

    private static func send(
        _ bytes: [UInt8], _ part: Range<Int>, to writer: borrowing PostgresCopyWriter
    ) throws(PostgresError) {
        let span = bytes.withUnsafeBytes { UnsafeRawBufferPointer(rebasing: $0[part]) }
        // Sound: the array is a constant of the caller and outlives the call.
        try writer.write(span)
    }

    /// A connection handed to the one thread that uses it from then on.
    private struct Handed: @unchecked Sendable {
        let connection: PostgresConnection
        init(_ connection: PostgresConnection) { self.connection = connection }
    }
}
