import CBenchSupport

/// Counts what the calling thread allocates.
enum Allocations {
    /// Nil where allocations cannot be counted (anything but glibc).
    static func count(_ body: () -> Void) -> Int? {
        guard bench_counts_allocations() == 1 else { return nil }
        let before = bench_allocations()
        body()
        return Int(bench_allocations() - before)
    }

    /// Counting shows itself to count: objects and an array, allocated on purpose, must be seen, or a 0 would mean
    /// nothing. Ends the program otherwise: the harness itself is broken.
    static func check() {
        guard bench_counts_allocations() == 1 else { return }
        let objects = { (number: Int) in
            for _ in 0..<number { keep(Box()) }
        }
        let array = { keep([UInt8](repeating: 1, count: 10_000)) }
        // Once before: the first use of a type may allocate what describes it.
        objects(1)
        array()
        for expected in 0...3 {
            let counted = count { objects(expected) }
            guard counted == expected else {
                fatalError("\(expected) allocations on purpose were counted as \(counted ?? -1)")
            }
        }
        let counted = count(array)
        guard counted == 1 else { fatalError("an array's allocation was counted as \(counted ?? -1)") }
    }

    private final class Box { var value = 1 }
}

/// Keeps the optimiser from removing what a benchmark computes.
@inline(never)
@_optimize(none)
func keep<Value>(_ value: Value) {}
