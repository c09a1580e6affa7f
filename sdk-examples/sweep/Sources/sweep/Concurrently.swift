extension Array where Element: Sendable {
    /// Calls `body` with each element, at most so many at a time, and `completion` with each result as it comes.
    func concurrently<Result: Sendable>(
        atMost limit: Int, _ body: @escaping @Sendable (Element) async throws -> Result,
        completion: (Result) -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Result.self) { group in
            var rest = self[...]
            for element in rest.prefix(limit) { group.addTask { try await body(element) } }
            rest = rest.dropFirst(limit)
            while let result = try await group.next() {
                completion(result)
                if let element = rest.popFirst() { group.addTask { try await body(element) } }
            }
        }
    }
}
