import TestRandom
import Testing

@testable import HyperstepRecorder

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

@Suite("The spool")
struct SpoolTests {
    @Test("Batches come back oldest first, as they were, and again after a rewind")
    func order() throws {
        try withSpool { spool in
            for number in 0..<10 { #expect(try spool.append(number)) }
            #expect(try spool.rest() == (0..<10).map { .sample($0) })
            #expect(try spool.next() == nil)
            #expect(try spool.append(10))
            #expect(try spool.next() == .sample(10))
            try spool.rewind(to: 35)
            #expect(try spool.rest() == (3..<11).map { .sample($0) })
            try spool.rewind(to: 0)
            #expect(try spool.rest() == (0..<11).map { .sample($0) })
            #expect(spool.end == 110)
        }
    }

    @Test("Files are rotated at their size, and deleted once wholly acknowledged")
    func rotation() throws {
        try withDirectory { directory in
            let spool = try Spool.sample(directory, fileBytes: 200)
            for number in 0..<20 { #expect(try spool.append(number)) }
            let files = try Libc.names(in: directory.path).count
            #expect(files > 3)
            #expect(try spool.next() == .sample(0))
            try spool.acknowledge(upTo: 5)
            #expect(try Libc.names(in: directory.path).count == files)
            try spool.acknowledge(upTo: 150)
            #expect(try Libc.names(in: directory.path).count < files / 2)
            // Reading goes on behind what is gone; nothing acknowledged counts as lost.
            try spool.rewind(to: 0)
            #expect(try spool.rest() == (15..<20).map { .sample($0) })
            #expect(!spool.isEmpty)
            try spool.acknowledge(upTo: 200)
            #expect(spool.isEmpty && spool.bytes == 0)
            #expect(try Libc.names(in: directory.path).isEmpty)
            #expect(try spool.append(20))
            #expect(try spool.next() == .sample(20))
        }
    }

    @Test("Acknowledging ahead of the reader moves the reader on")
    func aheadOfReader() throws {
        try withDirectory { directory in
            let spool = try Spool.sample(directory, fileBytes: 1)
            for number in 0..<5 { #expect(try spool.append(number)) }
            #expect(try spool.next() == .sample(0))
            try spool.acknowledge(upTo: 30)
            #expect(try spool.next() == .sample(3))
        }
        try withSpool { spool in
            for number in 0..<5 { #expect(try spool.append(number)) }
            try spool.acknowledge(upTo: 25)
            #expect(try spool.next() == .sample(2))
        }
    }

    @Test(
        "The cap is never exceeded, is shared by the spools of a recorder, and comes back with acknowledgements"
    )
    func cap() throws {
        try withDirectory { directory in
            let budget = SpoolBudget(limit: 1_000)
            let first = try Spool.sample(directory, budget: budget, fileBytes: 1)
            let second = try Spool.sample(directory, budget: budget, fileBytes: 1)
            var accepted = 0
            while try first.append(accepted) { accepted += 1 }
            #expect(accepted > 5 && budget.used <= 1_000 && first.bytes == budget.used)
            #expect(try !second.append(0) || second.bytes < first.bytes / accepted)
            try first.acknowledge(upTo: 20)
            #expect(try second.append(1))
            #expect(first.bytes + second.bytes == budget.used)
            #expect(try first.rest().count == accepted - 2)
        }
    }

    @Test("What was appended is there after the process, and appending goes on in a file of its own")
    func reopened() throws {
        try withDirectory { directory in
            let stream = UUID()
            for session in 0..<4 {
                let budget = SpoolBudget()
                let spool = try Spool.sample(directory, stream: stream, budget: budget)
                #expect(spool.reports.isEmpty)
                #expect(budget.used == spool.bytes)
                #expect(try spool.rest() == (0..<session * 2).map { .sample($0) })
                #expect(try spool.append(session * 2) && spool.append(session * 2 + 1))
            }
            #expect(try directory.scan().spoolsOnly == [Spool.sampleRecorder])
        }
    }

    @Test("Torn at every byte: all whole batches are there, the torn one is reported and not offered")
    func torn() throws {
        try withDirectory { directory in
            let stream = UUID()
            try { for number in 0..<3 { _ = try $0.append(number) } }(
                try Spool.sample(directory, stream: stream))
            let name = try #require(try Libc.names(in: directory.path).first)
            let path = directory.path + "/" + name
            let whole = try bytes(of: path)
            let ends = [0, 1, 2, 3].map { number in
                (0..<number).map { SpoolRecord.headerBytes + Spool.payload($0).count }.reduce(0, +)
            }
            for size in 0...whole.count {
                try write(Array(whole[..<size]), to: path)
                let spool = try Spool.sample(directory, stream: stream)
                let complete = ends.lastIndex { $0 <= size }!
                #expect(try spool.rest() == (0..<complete).map { .sample($0) }, "size \(size)")
                #expect(spool.reports.isEmpty == ends.contains(size), "size \(size)")
                // Life goes on: the torn batch is appended again, behind it.
                #expect(try spool.append(complete))
                #expect(try spool.next() == .sample(complete))
                for leftover in try Libc.names(in: directory.path) {
                    try FileManager.default.removeItem(atPath: directory.path + "/" + leftover)
                }
            }
        }
    }

    @Test("Damage to any byte in the middle loses that batch alone, and says which positions")
    func damaged() throws {
        try withDirectory { directory in
            let stream = UUID()
            try { for number in 0..<4 { _ = try $0.append(number) } }(
                try Spool.sample(directory, stream: stream))
            let name = try #require(try Libc.names(in: directory.path).first)
            let path = directory.path + "/" + name
            let whole = try bytes(of: path)
            let start = SpoolRecord.headerBytes + Spool.payload(0).count
            for offset in start..<start + SpoolRecord.headerBytes + Spool.payload(1).count {
                var damaged = whole
                damaged[offset] ^= 0x04
                try write(damaged, to: path)
                let spool = try Spool.sample(directory, stream: stream)
                #expect(
                    try spool.rest() == [.sample(0), .lost(10..<20), .sample(2), .sample(3)],
                    "offset \(offset)")
                try spool.rewind(to: 10)
                #expect(try spool.next() == .lost(10..<20))
                try spool.rewind(to: 15)
                #expect(try spool.next() == .lost(offset < start + 32 ? 15..<20 : 10..<20))
                #expect(try spool.next() == .sample(2))
            }
        }
    }

    @Test("A whole file that is missing is lost positions; the rest is read")
    func missingFile() throws {
        try withDirectory { directory in
            let stream = UUID()
            try { for number in 0..<5 { _ = try $0.append(number) } }(
                try Spool.sample(directory, stream: stream, fileBytes: 1))
            let names = try Libc.names(in: directory.path)
            try FileManager.default.removeItem(atPath: directory.path + "/" + names[2])
            let spool = try Spool.sample(directory, stream: stream)
            #expect(
                try spool.rest() == [.sample(0), .sample(1), .lost(20..<30), .sample(3), .sample(4)])
            try spool.rewind(to: 20)
            #expect(try spool.next() == .lost(20..<30))
        }
    }

    @Test("A spool of very many files needs few of them open")
    func manyFiles() throws {
        try withDirectory { directory in
            let stream = UUID()
            for _ in 0..<2 {
                let spool = try Spool.sample(directory, stream: stream, fileBytes: 1)
                if spool.isEmpty { for number in 0..<1_500 { #expect(try spool.append(number)) } }
                #expect(try spool.rest() == (0..<1_500).map { .sample($0) })
                try spool.rewind(to: 14_990)
                #expect(try spool.next() == .sample(1_499))
                #expect(try Libc.names(in: "/dev/fd").count < 500)
            }
        }
    }

    @Test("Behind megabytes of damage the next whole batch is found")
    func longDamage() throws {
        try withDirectory { directory in
            let stream = UUID()
            let first = [UInt8](repeating: 0x48, count: 3 << 20)
            do {
                let spool = try Spool.sample(directory, stream: stream)
                #expect(try spool.append(first, first: 0, count: 10))
                #expect(try spool.append(1))
            }
            let name = try #require(try Libc.names(in: directory.path).first)
            var damaged = try bytes(of: directory.path + "/" + name)
            damaged.replaceSubrange(0..<first.count, with: first)
            try write(damaged, to: directory.path + "/" + name)
            let spool = try Spool.sample(directory, stream: stream)
            #expect(spool.reports.count == 1)
            #expect(try spool.rest() == [.sample(1)])
        }
    }

    @Test(
        "Batches that overlap (appended again after a crash) are given as they are, and nothing is called lost"
    )
    func overlap() throws {
        try withSpool { spool in
            #expect(try spool.append([1], first: 0, count: 10))
            #expect(try spool.append([2], first: 5, count: 10))
            #expect(try spool.append([3], first: 5, count: 2))
            #expect(try spool.append([4], first: 15, count: 1))
            let payloads = try spool.rest().map { item in
                if case .batch(let batch) = item { batch.payload } else { [UInt8]() }
            }
            #expect(payloads == [[1], [2], [3], [4]])
        }
    }

    @Test(
        "Arbitrary bytes in spool files never crash, and whole batches among them are found", arguments: 0..<8
    )
    func noise(seed: UInt64) throws {
        try withDirectory { directory in
            var generator = Seeded(seed)
            let stream = UUID()
            try { for number in 0..<8 { _ = try $0.append(number) } }(
                try Spool.sample(directory, stream: stream, fileBytes: 200))
            let names = try Libc.names(in: directory.path)
            let whole = try names.map { try bytes(of: directory.path + "/" + $0) }
            for _ in 0..<50 {
                for (name, original) in zip(names, whole) {
                    var damaged = original
                    for _ in 0..<Int.random(in: 0...6, using: &generator) where !damaged.isEmpty {
                        damaged[Int.random(in: damaged.indices, using: &generator)] = UInt8.random(
                            in: 0...255, using: &generator)
                    }
                    damaged.removeLast(Int.random(in: 0...damaged.count / 4, using: &generator))
                    try write(damaged, to: directory.path + "/" + name)
                }
                let spool = try Spool.sample(directory, stream: stream)
                for case .batch(let batch) in try spool.rest() {
                    #expect(Spool.Item.batch(batch) == .sample(Int(batch.positions.lowerBound / 10)))
                }
                try spool.acknowledge(upTo: 80)
            }
        }
    }
}

// MARK: - Samples

extension Spool {
    static let sampleRecorder = UUID()

    static func sample(
        _ directory: RecorderDirectory, stream: UUID = UUID(), budget: SpoolBudget = SpoolBudget(),
        fileBytes: Int = 8 << 20
    ) throws -> Spool {
        try Spool(
            directory: directory, recorder: sampleRecorder, stream: stream, budget: budget,
            fileBytes: fileBytes)
    }

    /// Batch number n covers ten positions from 10n, and its length and bytes follow from n.
    static func payload(_ number: Int) -> [UInt8] {
        (0..<(number * 7 % 60) + 5).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ number) }
    }

    func append(_ number: Int) throws -> Bool {
        try append(Self.payload(number), first: UInt64(number) * 10, count: 10)
    }

    func rest() throws -> [Item] {
        var items: [Item] = []
        while let item = try next() { items.append(item) }
        return items
    }
}

extension Spool.Item {
    static func sample(_ number: Int) -> Self {
        .batch(
            Spool.Batch(
                positions: UInt64(number) * 10..<UInt64(number) * 10 + 10, payload: Spool.payload(number)))
    }
}

func withSpool(_ body: (Spool) throws -> Void) throws {
    try withDirectory { try body(Spool.sample($0)) }
}
